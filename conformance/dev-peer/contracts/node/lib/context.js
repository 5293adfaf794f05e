// Functions that return the context of a transaction, or access things outside the chaincode.
'use strict';

const { createHash } = require('crypto');

const contextFunctions = {
    About: [0, async () => ({ language: 'node' })],
    Echo: [1, async (stub, text) => text],
    Context: [0, context],
    Transient: [0, transient],
    Call: [3, call],
    Event: [2, event],
    TwoEvents: [4, twoEvents],
};

// Returns the SHA-256 of the certificate (PEM) as identity, and that of the proposal's signature.
async function context(stub) {
    const { idBytes, mspid } = stub.getCreator();
    const { nanos, seconds } = stub.getTxTimestamp();
    return {
        binding: stub.getBinding(),
        channel: stub.getChannelID(),
        identity: digest(idBytes),
        mspId: mspid,
        signature: digest(Buffer.from(stub.getSignedProposal().signature, 'base64')),
        timestamp: `${seconds}.${String(nanos).padStart(9, '0')}`,
        txId: stub.getTxID(),
    };
}

function digest(bytes) {
    return createHash('sha256').update(bytes).digest('hex');
}

// Returns the map, its names in alphabetical order.
async function transient(stub) {
    const fields = [...stub.getTransient()].map(([name, value]) => [name, String(value)]);
    return Object.fromEntries(fields.sort(([left], [right]) => (left < right ? -1 : 1)));
}

// Invokes a function, given as a JSON array with its arguments, of another chaincode; no channel means this one.
async function call(stub, chaincode, channel, input) {
    const args = JSON.parse(input).map((text) => Buffer.from(text));
    const { message, payload, status } = await stub.invokeChaincode(chaincode, args, channel);
    return { message, payload: String(payload), status };
}

async function event(stub, name, payload) {
    stub.setEvent(name, Buffer.from(payload));
}

// Sets two events, of which the peer uses the last.
async function twoEvents(stub, firstName, firstPayload, name, payload) {
    await event(stub, firstName, firstPayload);
    await event(stub, name, payload);
}

module.exports = { contextFunctions, event };
