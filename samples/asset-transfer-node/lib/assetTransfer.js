// The asset-transfer contract: the functions of Fabric's asset-transfer-basic sample. The texts of
// errors are part of the contract: the Rust sample answers with the same ones.
'use strict';

const { Contract } = require('fabric-contract-api');

const INITIAL_ASSETS = [
    ['asset1', 'blue', 5, 'Tomoko', 300],
    ['asset2', 'red', 5, 'Brad', 400],
    ['asset3', 'green', 10, 'Jin Soo', 500],
    ['asset4', 'yellow', 10, 'Max', 600],
    ['asset5', 'black', 15, 'Adriana', 700],
    ['asset6', 'white', 15, 'Michel', 800],
];

const MAX_NUMBER = 0xffffffff;

// Every public method is a transaction; arguments arrive as strings.
class AssetTransfer extends Contract {
    constructor() {
        super('AssetTransfer');
    }

    async InitLedger(ctx) {
        for (const fields of INITIAL_ASSETS) {
            await put(ctx, asset(...fields));
        }
    }

    async CreateAsset(ctx, id, color, size, owner, appraisedValue) {
        const created = parseAsset(id, color, size, owner, appraisedValue);
        if (await find(ctx, id)) {
            throw new Error(`the asset ${id} already exists`);
        }
        await put(ctx, created);
    }

    async ReadAsset(ctx, id) {
        return existing(ctx, id);
    }

    async UpdateAsset(ctx, id, color, size, owner, appraisedValue) {
        const updated = parseAsset(id, color, size, owner, appraisedValue);
        await existing(ctx, id);
        await put(ctx, updated);
    }

    async DeleteAsset(ctx, id) {
        await existing(ctx, id);
        await ctx.stub.deleteState(id);
    }

    async AssetExists(ctx, id) {
        return (await find(ctx, id)) !== undefined;
    }

    // Gives the previous owner.
    async TransferAsset(ctx, id, newOwner) {
        const transferred = JSON.parse(await existing(ctx, id));
        const oldOwner = transferred.Owner;
        await put(ctx, { ...transferred, Owner: newOwner });
        return oldOwner;
    }

    // Gives a JSON array in the order of the keys.
    async GetAllAssets(ctx) {
        const assets = [];
        for await (const { value } of ctx.stub.getStateByRange('', '')) {
            assets.push(JSON.parse(Buffer.from(value).toString()));
        }
        return JSON.stringify(assets);
    }
}

// Keys in alphabetical order, so that every peer endorses the same bytes.
function asset(id, color, size, owner, appraisedValue) {
    return { AppraisedValue: appraisedValue, Color: color, ID: id, Owner: owner, Size: size };
}

function parseAsset(id, color, size, owner, appraisedValue) {
    const value = wholeNumber('AppraisedValue', appraisedValue);
    return asset(id, color, wholeNumber('Size', size), owner, value);
}

function wholeNumber(name, text) {
    const number = Number(text);
    if (!/^\+?[0-9]+$/.test(text) || number > MAX_NUMBER) {
        throw new Error(`${name} must be a whole number from 0 to ${MAX_NUMBER}, got "${text}"`);
    }
    return number;
}

async function put(ctx, { AppraisedValue, Color, ID, Owner, Size }) {
    const bytes = Buffer.from(JSON.stringify({ AppraisedValue, Color, ID, Owner, Size }));
    await ctx.stub.putState(ID, bytes);
}

async function existing(ctx, id) {
    const text = await find(ctx, id);
    if (text === undefined) {
        throw new Error(`the asset ${id} does not exist`);
    }
    return text;
}

// Gives the JSON text, or undefined: peers answer an absent key with an empty value.
async function find(ctx, id) {
    const bytes = await ctx.stub.getState(id);
    return bytes.length > 0 ? Buffer.from(bytes).toString() : undefined;
}

module.exports = { AssetTransfer };
