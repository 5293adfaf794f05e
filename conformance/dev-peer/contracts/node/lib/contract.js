// The contract, which uses only the shim: functions by name, with their numbers of arguments.
'use strict';

const shim = require('fabric-shim');
const { contextFunctions } = require('./context');
const { faultFunctions, fail } = require('./faults');
const { privateFunctions, putPrivate } = require('./private');
const { queryFunctions } = require('./queries');
const { stateFunctions, put } = require('./state');

const FUNCTIONS = new Map(
    Object.entries({
        ...stateFunctions,
        ...queryFunctions,
        ...privateFunctions,
        ...contextFunctions,
        ...faultFunctions,
    }),
);

// The functions that are called first for a definition with init_required.
const INIT_FUNCTIONS = new Map([
    ['InitPut', [2, put]],
    ['InitPutPrivate', [3, putPrivate]],
    ['InitFail', [1, async (stub, message) => { throw new Error(message); }]],
]);

class Everything {
    async Init(stub) {
        const { fcn, params } = stub.getFunctionAndParameters();
        const [count, run] = INIT_FUNCTIONS.get(fcn) ?? [];
        if (params.length !== count) {
            return shim.error(`there is no init function ${fcn} with ${params.length} arguments`);
        }
        return answer(() => run(stub, ...params));
    }

    // Fail is the only function that chooses its status.
    async Invoke(stub) {
        const { fcn, params } = stub.getFunctionAndParameters();
        if (fcn === 'Fail' && params.length === 2) {
            return fail(...params);
        }
        if (!FUNCTIONS.has(fcn)) {
            return shim.error(`there is no function ${fcn}`);
        }
        const [count, run] = FUNCTIONS.get(fcn);
        if (params.length !== count) {
            return shim.error(`${fcn} takes ${count} arguments, not ${params.length}`);
        }
        return answer(() => run(stub, ...params));
    }
}

// A function returns nothing, text, bytes, or a value to format as JSON.
async function answer(run) {
    try {
        return shim.success(payload(await run()));
    } catch (error) {
        return shim.error(error.message);
    }
}

function payload(result) {
    if (result === undefined || Buffer.isBuffer(result)) {
        return result;
    }
    return Buffer.from(typeof result === 'string' ? result : JSON.stringify(result));
}

module.exports = { Everything };
