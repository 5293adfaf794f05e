// Functions that read many public keys: ranges, composite keys, rich queries, history.
'use strict';

const { put } = require('./state');

const queryFunctions = {
    Range: [2, (stub, start, end) => collect(stub.getStateByRange(start, end))],
    RangeCount: [2, rangeCount],
    RangeFirst: [3, rangeFirst],
    RangePage: [4, rangePage],
    RangeThenPut: [4, rangeThenPut],
    TwoRanges: [4, twoRanges],
    PageThenPut: [4, pageThenPut],
    PutThenPage: [4, putThenPage],
    PutComposite: [3, putComposite],
    GetComposite: [2, (stub, type, attributes) => stub.getState(compositeKey(stub, type, attributes))],
    CompositeRange: [2, compositeRange],
    CompositePage: [4, compositePage],
    Query: [1, (stub, selector) => collect(stub.getQueryResult(selector))],
    QueryPage: [3, queryPage],
    QueryThenPut: [3, queryThenPut],
    History: [1, history],
};

// Reads to the end, which closes the iterator.
async function collect(results) {
    const entries = [];
    for await (const { key, value } of results) {
        entries.push({ key, value: String(value) });
    }
    return entries;
}

async function collectPage(response) {
    const { iterator, metadata } = await response;
    const results = [];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        results.push({ key: next.value.key, value: String(next.value.value) });
    }
    await iterator.close();
    // Metadata without results and bookmark are encoded as zero bytes, for which this shim returns none.
    return { bookmark: metadata?.bookmark ?? '', count: metadata?.fetchedRecordsCount ?? 0, results };
}

async function rangeCount(stub, start, end) {
    return String((await collect(stub.getStateByRange(start, end))).length);
}

// Reads some results and closes the iterator before its end; returns the last key read.
async function rangeFirst(stub, start, end, count) {
    const iterator = await stub.getStateByRange(start, end);
    let last = '';
    for (let index = 0; index < Number(count); index += 1) {
        last = (await iterator.next()).value.key;
    }
    await iterator.close();
    return last;
}

function rangePage(stub, start, end, size, bookmark) {
    return collectPage(stub.getStateByRangeWithPagination(start, end, Number(size), bookmark));
}

async function rangeThenPut(stub, start, end, key, value) {
    const count = await rangeCount(stub, start, end);
    await put(stub, key, value);
    return count;
}

// Reads two open iterators in turn and returns the number of pairs.
async function twoRanges(stub, leftStart, leftEnd, rightStart, rightEnd) {
    const left = await stub.getStateByRange(leftStart, leftEnd);
    const right = await stub.getStateByRange(rightStart, rightEnd);
    let pairs = 0;
    while (!(await left.next()).done && !(await right.next()).done) {
        pairs += 1;
    }
    await left.close();
    await right.close();
    return String(pairs);
}

// Breaks the rule that paginated queries are for read-only transactions.
async function pageThenPut(stub, start, end, key, value) {
    await rangePage(stub, start, end, 1, '');
    await put(stub, key, value);
}

async function putThenPage(stub, start, end, key, value) {
    await put(stub, key, value);
    return rangePage(stub, start, end, 1, '');
}

function compositeKey(stub, type, attributes) {
    return stub.createCompositeKey(type, JSON.parse(attributes));
}

async function putComposite(stub, type, attributes, value) {
    await put(stub, compositeKey(stub, type, attributes), value);
}

async function compositeRange(stub, type, attributes) {
    return split(stub, await collect(stub.getStateByPartialCompositeKey(type, JSON.parse(attributes))));
}

// Splits the composite keys of the results.
function split(stub, entries) {
    return entries.map(({ key, value }) => {
        const { attributes, objectType } = stub.splitCompositeKey(key);
        return { attributes, objectType, value };
    });
}

function compositePage(stub, type, attributes, size, bookmark) {
    const values = JSON.parse(attributes);
    return collectPage(stub.getStateByPartialCompositeKeyWithPagination(type, values, Number(size), bookmark));
}

function queryPage(stub, selector, size, bookmark) {
    return collectPage(stub.getQueryResultWithPagination(selector, Number(size), bookmark));
}

async function queryThenPut(stub, selector, key, value) {
    const entries = await collect(stub.getQueryResult(selector));
    await put(stub, key, value);
    return String(entries.length);
}

// Fails for an entry without a timestamp.
async function history(stub, key) {
    const modifications = [];
    for await (const { isDelete, timestamp, txId, value } of stub.getHistoryForKey(key)) {
        if (timestamp.seconds === 0) {
            throw new Error(`a modification without a timestamp: ${txId}`);
        }
        modifications.push({ isDelete, txId, value: String(value) });
    }
    return modifications;
}

module.exports = { queryFunctions, collect, compositeKey, split };
