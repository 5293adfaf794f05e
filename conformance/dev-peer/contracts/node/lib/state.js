// Functions that read and write single public keys.
'use strict';

const { KeyEndorsementPolicy } = require('fabric-shim');

const stateFunctions = {
    Put: [2, put],
    Get: [1, (stub, key) => stub.getState(key)],
    Delete: [1, async (stub, key) => { await stub.deleteState(key); }],
    PutThenGet: [2, putThenGet],
    PutTwice: [3, putTwice],
    Increment: [1, increment],
    PutMany: [2, putMany],
    // This shim has no write batches.
    PutBatch: [2, putMany],
    GetMany: [1, getMany],
    PutBytes: [2, (stub, key, size) => put(stub, key, 'x'.repeat(Number(size)))],
    SetPolicy: [2, setPolicy],
    GetPolicy: [1, async (stub, key) => organizationsOf(await stub.getStateValidationParameter(key))],
};

async function put(stub, key, value) {
    await stub.putState(key, Buffer.from(value));
}

// Returns the earlier value, because a transaction does not see its own writes.
async function putThenGet(stub, key, value) {
    await put(stub, key, value);
    return stub.getState(key);
}

async function putTwice(stub, key, first, second) {
    await put(stub, key, first);
    await put(stub, key, second);
}

// Returns the new number; an absent key counts as 0.
async function increment(stub, key) {
    const count = Number(await stub.getState(key)) + 1;
    await put(stub, key, String(count));
    return String(count);
}

// Writes the keys PREFIX0000, PREFIX0001, ..., and returns their number.
async function putMany(stub, prefix, count) {
    for (let number = 0; number < Number(count); number += 1) {
        const group = number % 2 === 0 ? 'even' : 'odd';
        await put(stub, prefix + String(number).padStart(4, '0'), JSON.stringify({ group, number }));
    }
    return count;
}

// Returns the values, "" for an absent key. This shim reads one key at a time.
async function getMany(stub, keys) {
    const values = [];
    for (const key of JSON.parse(keys)) {
        values.push(String(await stub.getState(key)));
    }
    return values;
}

// Requires endorsements of all given organizations for later writes to the key.
async function setPolicy(stub, key, organizations) {
    await stub.setStateValidationParameter(key, policyOf(organizations));
}

function policyOf(organizations) {
    const policy = new KeyEndorsementPolicy();
    policy.addOrgs('PEER', ...JSON.parse(organizations));
    return Buffer.from(policy.getPolicy());
}

function organizationsOf(bytes) {
    return new KeyEndorsementPolicy(bytes).listOrgs().sort();
}

module.exports = { stateFunctions, put, policyOf, organizationsOf };
