// The peer and the users: connections, and identities from a folder in cryptogen's layout.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const gateway = require('@hyperledger/fabric-gateway');
const { highS } = require('./signatures');

const ORGANIZATION = 'org1.example.com';
const CONNECT_MS = 30000;
const DEADLINES_MS = { evaluate: 60000, endorse: 60000, submit: 10000, commitStatus: 60000 };

class Network {
    constructor(options) {
        this.options = options;
        this.organizations = path.join(options.organizations, 'peerOrganizations');
        const peer = path.join(this.organizations, ORGANIZATION, 'peers', `peer0.${ORGANIZATION}`);
        const roots = readFile(path.join(peer, 'tls', 'ca.crt'));
        this.client = new grpc.Client(options.endpoint, grpc.credentials.createSsl(roots), {
            'grpc.ssl_target_name_override': options['host-alias'],
            'grpc.max_receive_message_length': -1,
        });
        this.gateways = new Map();
    }

    connect() {
        return new Promise((resolve, reject) => {
            this.client.waitForReady(Date.now() + CONNECT_MS, (error) => {
                const { endpoint } = this.options;
                return error ? reject(new Error(`no peer answers at ${endpoint}: ${error.message}`)) : resolve();
            });
        });
    }

    close() {
        this.client.close();
    }

    // The language that the contract reports.
    async about({ channel, chaincode }) {
        const contract = this.gateway({}).getNetwork(channel).getContract(chaincode);
        try {
            return JSON.parse(Buffer.from(await contract.evaluateTransaction('About')).toString());
        } catch (error) {
            const details = (error.details ?? []).map(({ message }) => message).join('; ');
            throw new Error(`cannot evaluate About of ${chaincode} on ${channel}: ${error.message} ${details}`);
        }
    }

    hasUser(name) {
        return fs.existsSync(this.folderOf(name));
    }

    // "Admin" is a user of org1, "User1@org2.example.com" one of another organization.
    folderOf(name = 'User1') {
        const [user, organization = ORGANIZATION] = name.split('@');
        return path.join(this.organizations, organization, 'users', `${user}@${organization}`, 'msp');
    }

    // The gateway of a step's user, who may sign incorrectly or name another organization.
    gateway({ as, signature, msp_id: mspId }) {
        const key = [as, signature, mspId].join(' ');
        if (!this.gateways.has(key)) {
            const organization = (as ?? '').split('@')[1] ?? ORGANIZATION;
            const own = organization.charAt(0).toUpperCase() + organization.split('.')[0].slice(1) + 'MSP';
            this.gateways.set(key, this.newGateway(this.folderOf(as), mspId ?? own, signature));
        }
        return this.gateways.get(key);
    }

    newGateway(folder, mspId, signature) {
        const privateKey = crypto.createPrivateKey(readOnly(path.join(folder, 'keystore')));
        const deadline = (call) => () => ({ deadline: Date.now() + DEADLINES_MS[call] });
        return gateway.connect({
            client: this.client,
            identity: { mspId, credentials: readOnly(path.join(folder, 'signcerts')) },
            signer: signer(privateKey, signature),
            hash: gateway.hash.sha256,
            evaluateOptions: deadline('evaluate'),
            endorseOptions: deadline('endorse'),
            submitOptions: deadline('submit'),
            commitStatusOptions: deadline('commitStatus'),
        });
    }

    // Signs a digest as the user, for requests that are signed outside the client.
    signer(as) {
        return signer(crypto.createPrivateKey(readOnly(path.join(this.folderOf(as), 'keystore'))));
    }
}

function signer(privateKey, signature) {
    const sign = gateway.signers.newPrivateKeySigner(privateKey);
    if (signature === 'wrong') {
        return () => sign(crypto.createHash('sha256').update('something else').digest());
    }
    return signature === 'high-s' ? async (digest) => highS(await sign(digest)) : sign;
}

function readFile(file) {
    try {
        return fs.readFileSync(file);
    } catch (error) {
        throw new Error(`cannot read ${file}: ${error.message}`);
    }
}

// Reads the only file of a folder.
function readOnly(folder) {
    if (!fs.existsSync(folder)) {
        throw new Error(`there is no folder ${folder}`);
    }
    return readFile(path.join(folder, fs.readdirSync(folder)[0]));
}

module.exports = { Network };
