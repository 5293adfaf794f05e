// Functions that use collections.
'use strict';

const { collect, compositeKey, split } = require('./queries');
const { organizationsOf, policyOf, put } = require('./state');

const privateFunctions = {
    PutPrivate: [3, putPrivate],
    PutPrivateTransient: [2, putPrivateTransient],
    GetPrivate: [2, (stub, collection, key) => stub.getPrivateData(collection, key)],
    GetManyPrivate: [2, getManyPrivate],
    IncrementPrivate: [2, incrementPrivate],
    DeletePrivate: [2, async (stub, collection, key) => { await stub.deletePrivateData(collection, key); }],
    PurgePrivate: [2, async (stub, collection, key) => { await stub.purgePrivateData(collection, key); }],
    PrivateHash: [2, privateHash],
    PrivateRange: [3, privateRange],
    PutPrivateComposite: [4, putPrivateComposite],
    PrivateCompositeRange: [3, privateCompositeRange],
    PrivateQuery: [2, privateQuery],
    PrivateRangeThenPut: [5, privateRangeThenPut],
    PutThenPrivateRange: [5, putThenPrivateRange],
    SetPrivatePolicy: [3, setPrivatePolicy],
    GetPrivatePolicy: [2, getPrivatePolicy],
};

async function putPrivate(stub, collection, key, value) {
    await stub.putPrivateData(collection, key, Buffer.from(value));
}

// Reads the value from the transient field "value", so that no transaction contains it.
async function putPrivateTransient(stub, collection, key) {
    await stub.putPrivateData(collection, key, stub.getTransient().get('value'));
}

async function getManyPrivate(stub, collection, keys) {
    const values = [];
    for (const key of JSON.parse(keys)) {
        values.push(String(await stub.getPrivateData(collection, key)));
    }
    return values;
}

// Returns the new number; an absent key counts as 0.
async function incrementPrivate(stub, collection, key) {
    const count = Number(await stub.getPrivateData(collection, key)) + 1;
    await putPrivate(stub, collection, key, String(count));
    return String(count);
}

// Returns hexadecimal digits, none for an absent key.
async function privateHash(stub, collection, key) {
    return (await stub.getPrivateDataHash(collection, key)).toString('hex');
}

async function privateRange(stub, collection, start, end) {
    return collect(stub.getPrivateDataByRange(collection, start, end));
}

async function putPrivateComposite(stub, collection, type, attributes, value) {
    await putPrivate(stub, collection, compositeKey(stub, type, attributes), value);
}

async function privateCompositeRange(stub, collection, type, attributes) {
    const results = stub.getPrivateDataByPartialCompositeKey(collection, type, JSON.parse(attributes));
    return split(stub, await collect(results));
}

async function privateQuery(stub, collection, selector) {
    return collect(stub.getPrivateDataQueryResult(collection, selector));
}

// Breaks the rule that private queries are for read-only transactions.
async function privateRangeThenPut(stub, collection, start, end, key, value) {
    await privateRange(stub, collection, start, end);
    await put(stub, key, value);
}

async function putThenPrivateRange(stub, collection, start, end, key, value) {
    await put(stub, key, value);
    return privateRange(stub, collection, start, end);
}

async function setPrivatePolicy(stub, collection, key, organizations) {
    await stub.setPrivateDataValidationParameter(collection, key, policyOf(organizations));
}

async function getPrivatePolicy(stub, collection, key) {
    return organizationsOf(await stub.getPrivateDataValidationParameter(collection, key));
}

module.exports = { privateFunctions, putPrivate };
