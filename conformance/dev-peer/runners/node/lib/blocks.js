// Block events: whole blocks with their hashes, filtered blocks, blocks with private data.
'use strict';

const crypto = require('crypto');
const { common } = require('@hyperledger/fabric-protos');
const { statusName } = require('./calls');
const { read } = require('./events');
const { derInteger } = require('./signatures');
const { expectText } = require('./transcript');

const TRANSACTIONS_FILTER = 2;

async function blocks(network, transcript, step) {
    const stream = await network.gateway(step).getNetwork(network.options.channel).getBlockEvents(options(step));
    let previous;
    await findAll(stream, step, (block) => {
        checkHashes(block, previous, BigInt(step.start_block));
        previous = block.getHeader();
        return transactionsOf(block);
    });
}

async function privateBlocks(network, transcript, step) {
    const channel = network.gateway(step).getNetwork(network.options.channel);
    const stream = await channel.getBlockAndPrivateDataEvents(options(step));
    await findAll(stream, step, (event) => transactionsOf(event.getBlock()));
}

async function filteredBlocks(network, transcript, step) {
    const channel = network.gateway(step).getNetwork(network.options.channel);
    await findAll(await channel.getFilteredBlockEvents(options(step)), step, (block) => {
        expectText('channel of the block', network.options.channel, block.getChannelId());
        return block.getFilteredTransactionsList().map((transaction) => ({
            id: transaction.getTxid(),
            status: statusName(transaction.getTxValidationCode()),
            event: filteredEvent(transaction),
        }));
    });
}

function options(step) {
    return { startBlock: BigInt(step.start_block) };
}

// Reads until all transactions of the step have arrived, in order.
async function findAll(stream, step, transactions) {
    const expected = [...step.transactions];
    await read(stream, 'transactions in blocks', (block) => {
        for (const transaction of transactions(block)) {
            if (expected.length > 0 && transaction.id === expected[0].id) {
                const { event, status } = expected.shift();
                expectText(`status of ${transaction.id}`, status, transaction.status);
                expectText(`event of ${transaction.id}`, event ?? '…', transaction.event ?? '');
            }
        }
        return expected.length === 0;
    });
}

function filteredEvent(transaction) {
    const actions = transaction.getTransactionActions()?.getChaincodeActionsList() ?? [];
    const event = actions.map((action) => action.getChaincodeEvent()).find((found) => found?.getEventName());
    if (event && event.getPayload_asU8().length > 0) {
        throw new Error('an event in a filtered block has a payload');
    }
    return event?.getEventName();
}

function transactionsOf(block) {
    const codes = block.getMetadata().getMetadataList_asU8()[TRANSACTIONS_FILTER] ?? [];
    return block.getData().getDataList_asU8().map((bytes, index) => {
        const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(bytes).getPayload_asU8());
        const header = common.ChannelHeader.deserializeBinary(payload.getHeader().getChannelHeader_asU8());
        return { id: header.getTxId(), status: statusName(codes[index]) };
    });
}

function checkHashes(block, previous, start) {
    const header = block.getHeader();
    const number = BigInt(header.getNumber());
    expectText('number of the block', previous ? BigInt(previous.getNumber()) + 1n : start, number);
    const data = sha256(Buffer.concat(block.getData().getDataList_asU8()));
    expectText(`data hash of block ${number}`, data, hex(header.getDataHash_asU8()));
    if (previous) {
        expectText(`previous hash of block ${number}`, headerHash(previous), hex(header.getPreviousHash_asU8()));
    }
}

// SHA-256 of the DER sequence of number, previous hash and data hash.
function headerHash(header) {
    const body = Buffer.concat([
        derInteger(BigInt(header.getNumber())),
        derBytes(header.getPreviousHash_asU8()),
        derBytes(header.getDataHash_asU8()),
    ]);
    return sha256(Buffer.concat([Buffer.from([0x30, body.length]), body]));
}

function derBytes(bytes) {
    return Buffer.concat([Buffer.from([0x04, bytes.length]), bytes]);
}

function sha256(bytes) {
    return crypto.createHash('sha256').update(bytes).digest('hex');
}

function hex(bytes) {
    return Buffer.from(bytes).toString('hex');
}

module.exports = { blocks, filteredBlocks, privateBlocks };
