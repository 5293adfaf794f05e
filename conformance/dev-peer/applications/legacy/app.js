// A client of asset-transfer on the legacy SDK fabric-network, with discovery: it knows one peer from the profile, and
// finds the orderer and the endorsers by itself.
'use strict';

const fs = require('fs');
const path = require('path');
const { Gateway, Wallets } = require('fabric-network');

const env = (name, otherwise) => process.env[name] || otherwise;
const CHANNEL_NAME = env('CHANNEL_NAME', 'mychannel');
const CHAINCODE_NAME = env('CHAINCODE_NAME', 'basic');
const MSP_ID = env('MSP_ID', 'Org1MSP');
// The location of a test network next to this folder.
const CRYPTO_PATH = env(
    'CRYPTO_PATH',
    path.resolve(__dirname, '../../test-network/organizations/peerOrganizations/org1.example.com'),
);
const USER_MSP = path.join(CRYPTO_PATH, 'users', 'User1@org1.example.com', 'msp');
const PROFILE = path.join(CRYPTO_PATH, 'connection-org1.json');

async function main() {
    const wallet = await Wallets.newInMemoryWallet();
    const credentials = {
        certificate: readOnly(path.join(USER_MSP, 'signcerts')),
        privateKey: readOnly(path.join(USER_MSP, 'keystore')),
    };
    await wallet.put('User1', { credentials, mspId: MSP_ID, type: 'X.509' });
    // Without the peers and orderers of its channels, the profile is like that of the test network.
    const { channels, orderers, ...profile } = JSON.parse(fs.readFileSync(PROFILE));
    const gateway = new Gateway();
    await gateway.connect(profile, {
        wallet,
        identity: 'User1',
        discovery: { enabled: true, asLocalhost: true },
    });
    try {
        await useNetwork(await gateway.getNetwork(CHANNEL_NAME));
    } finally {
        gateway.disconnect();
    }
}

async function useNetwork(network) {
    const { channel } = network;
    say('the peer is discovered', channel.getEndorsers(MSP_ID).length === 1);
    say('the orderer is discovered', channel.getCommitters().length === 1);

    const contract = network.getContract(CHAINCODE_NAME);
    const id = `asset${Date.now()}`;
    await contract.submitTransaction('InitLedger');
    say('InitLedger', JSON.parse(await contract.evaluateTransaction('GetAllAssets')).length >= 6);
    await contract.submitTransaction('CreateAsset', id, 'yellow', '5', 'Tom', '1300');
    const created = JSON.parse(await contract.evaluateTransaction('ReadAsset', id));
    say('CreateAsset', created.Owner === 'Tom' && created.AppraisedValue === 1300);

    const unknown = network.getContract('nowhere');
    say(
        'an unknown chaincode has no endorsers',
        (await refusal(unknown.submitTransaction('f'))).startsWith(
            'DiscoveryService: nowhere error: failed constructing descriptor for chaincodes:{name:"nowhere"}',
        ),
    );
    say(
        'an unknown chaincode runs on no peer',
        (await refusal(unknown.evaluateTransaction('f'))).includes('is not running chaincode nowhere'),
    );
}

// Returns the message of a call that fails.
async function refusal(call) {
    try {
        await call;
    } catch (error) {
        return error.message;
    }
    return '';
}

function say(what, isRight) {
    console.log(`${isRight ? 'ok  ' : 'FAIL'} ${what}`);
    if (!isRight) {
        process.exitCode = 1;
    }
}

// Reads the first file of a folder.
function readOnly(folder) {
    return fs.readFileSync(path.join(folder, fs.readdirSync(folder)[0]), 'utf8');
}

main().catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
});
