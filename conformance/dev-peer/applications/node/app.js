// A client of asset-transfer that finds the peer and its identity like Fabric's sample applications.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const { connect, hash, signers } = require('@hyperledger/fabric-gateway');

const env = (name, otherwise) => process.env[name] || otherwise;
const CHANNEL_NAME = env('CHANNEL_NAME', 'mychannel');
const CHAINCODE_NAME = env('CHAINCODE_NAME', 'basic');
const MSP_ID = env('MSP_ID', 'Org1MSP');
const PEER_ENDPOINT = env('PEER_ENDPOINT', 'localhost:7051');
const PEER_HOST_ALIAS = env('PEER_HOST_ALIAS', 'peer0.org1.example.com');
// The location of a test network next to this folder.
const CRYPTO_PATH = env(
    'CRYPTO_PATH',
    path.resolve(__dirname, '../../test-network/organizations/peerOrganizations/org1.example.com'),
);
const USER_MSP = path.join(CRYPTO_PATH, 'users', 'User1@org1.example.com', 'msp');
const KEY_DIRECTORY_PATH = env('KEY_DIRECTORY_PATH', path.join(USER_MSP, 'keystore'));
const CERT_DIRECTORY_PATH = env('CERT_DIRECTORY_PATH', path.join(USER_MSP, 'signcerts'));
const TLS_CERT_PATH = env('TLS_CERT_PATH', path.join(CRYPTO_PATH, 'peers', 'peer0.org1.example.com', 'tls', 'ca.crt'));

// The deadlines of the sample applications.
const DEADLINES_MS = { evaluate: 5000, endorse: 15000, submit: 5000, commitStatus: 60000 };

async function main() {
    const client = new grpc.Client(PEER_ENDPOINT, grpc.credentials.createSsl(fs.readFileSync(TLS_CERT_PATH)), {
        'grpc.ssl_target_name_override': PEER_HOST_ALIAS,
    });
    const deadline = (call) => () => ({ deadline: Date.now() + DEADLINES_MS[call] });
    const gateway = connect({
        client,
        identity: { mspId: MSP_ID, credentials: readOnly(CERT_DIRECTORY_PATH) },
        signer: signers.newPrivateKeySigner(crypto.createPrivateKey(readOnly(KEY_DIRECTORY_PATH))),
        hash: hash.sha256,
        evaluateOptions: deadline('evaluate'),
        endorseOptions: deadline('endorse'),
        submitOptions: deadline('submit'),
        commitStatusOptions: deadline('commitStatus'),
    });
    try {
        await useContract(gateway.getNetwork(CHANNEL_NAME).getContract(CHAINCODE_NAME));
    } finally {
        gateway.close();
        client.close();
    }
}

// Calls the functions that the samples of this repository in all languages have in common.
async function useContract(contract) {
    const id = `asset${Date.now()}`;
    await contract.submitTransaction('InitLedger');
    say('InitLedger', (await assets(contract)).length >= 6);

    await contract.submitTransaction('CreateAsset', id, 'yellow', '5', 'Tom', '1300');
    const created = JSON.parse(text(await contract.evaluateTransaction('ReadAsset', id)));
    say('CreateAsset', created.Owner === 'Tom' && created.AppraisedValue === 1300);

    const commit = await contract.submitAsync('DeleteAsset', { arguments: [id] });
    const status = await commit.getStatus();
    say('DeleteAsset', status.successful && status.blockNumber > 0n);

    say('an error from the endorser', await refusal(contract, 'DeleteAsset', id) === `the asset ${id} does not exist`);
}

async function assets(contract) {
    return JSON.parse(text(await contract.evaluateTransaction('GetAllAssets')));
}

// Returns the contract's message, without the prefix of the peer.
async function refusal(contract, ...call) {
    try {
        await contract.submitTransaction(...call);
    } catch (error) {
        return error.details.map(({ message }) => message.replace(/^chaincode response 500, /, '')).join('; ');
    }
    return undefined;
}

function say(what, isRight) {
    console.log(`${isRight ? 'ok  ' : 'FAIL'} ${what}`);
    if (!isRight) {
        process.exitCode = 1;
    }
}

function text(bytes) {
    return Buffer.from(bytes).toString();
}

// Reads the first file of a folder.
function readOnly(folder) {
    return fs.readFileSync(path.join(folder, fs.readdirSync(folder)[0]));
}

main().catch((error) => {
    console.error(`error: ${error.message}`, error.details ?? '');
    process.exitCode = 1;
});
