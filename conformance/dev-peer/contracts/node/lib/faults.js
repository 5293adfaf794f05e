// Functions that fail, return large results, or are slow.
'use strict';

const { setTimeout: wait } = require('timers/promises');
const { event } = require('./context');

const faultFunctions = {
    Throw: [1, async (stub, message) => { throw new Error(message); }],
    Panic: [1, panic],
    Exit: [1, async (stub, code) => process.exit(Number(code))],
    EventAndFail: [2, eventAndFail],
    Sleep: [1, sleep],
    Bytes: [1, async (stub, size) => Buffer.alloc(Number(size), 'x')],
};

// Answers with the given status and message, and the payload "details".
function fail(status, message) {
    return { status: Number(status), message, payload: Buffer.from('details') };
}

// Throws an uncaught exception: fabric-shim only logs it and the process continues, so there is never an answer.
function panic(stub, message) {
    return new Promise(() => {
        process.nextTick(() => { throw new Error(message); });
    });
}

async function eventAndFail(stub, name, payload) {
    await event(stub, name, payload);
    throw new Error('failed after the event');
}

async function sleep(stub, milliseconds) {
    await wait(Number(milliseconds));
    return 'slept';
}

module.exports = { faultFunctions, fail };
