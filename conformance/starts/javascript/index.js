// A contract that stores values under keys.
'use strict';

const { Contract } = require('fabric-contract-api');

class Values extends Contract {
    async Put(ctx, key, value) {
        await ctx.stub.putState(key, Buffer.from(value));
    }

    async Get(ctx, key) {
        const value = await ctx.stub.getState(key);
        return Buffer.from(value).toString();
    }
}

module.exports.contracts = [Values];
