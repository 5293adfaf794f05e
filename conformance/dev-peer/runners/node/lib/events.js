// Chaincode events: from a block, after a checkpoint, and as they are committed.
'use strict';

const { checkpointers } = require('@hyperledger/fabric-gateway');
const { propose } = require('./calls');
const { expectText } = require('./transcript');

const EVENTS_MS = 15000;
const SUBMISSIONS = 10;
const BETWEEN_SUBMISSIONS_MS = 1000;

// Reads until `done` returns true for one element, or the time is over.
async function read(stream, what, done) {
    let expired = false;
    const timer = setTimeout(() => {
        expired = true;
        stream.close();
    }, EVENTS_MS);
    try {
        for await (const element of stream) {
            if (done(element)) {
                return;
            }
        }
    } catch (error) {
        if (!expired) {
            throw error;
        }
    } finally {
        clearTimeout(timer);
        stream.close();
    }
    throw new Error(`${what}: not all came within ${EVENTS_MS} ms`);
}

async function options(step) {
    if (!step.checkpoint) {
        return step.start_block === undefined ? {} : { startBlock: BigInt(step.start_block) };
    }
    const checkpoint = checkpointers.inMemory();
    await checkpoint.checkpointTransaction(BigInt(step.checkpoint.block), step.checkpoint.transaction);
    return { checkpoint };
}

async function chaincodeEvents(network, transcript, step) {
    const { channel, chaincode } = network.options;
    const stream = await network
        .gateway(step)
        .getNetwork(channel)
        .getChaincodeEvents(step.chaincode ?? chaincode, await options(step));
    const expected = [...step.events];
    await read(stream, `events, ${expected.length} expected`, (event) => {
        if (expected.length === 0) {
            return true;
        }
        compare(expected.shift(), event);
        return expected.length === 0;
    });
}

function compare(expected, event) {
    expectText('name of the event', expected.name, event.eventName);
    expectText('payload of the event', expected.payload, Buffer.from(event.payload).toString());
    expectText('transaction of the event', expected.transaction ?? '…', event.transactionId);
    expectText('block of the event', expected.block ?? '…', event.blockNumber);
}

// Submits until the first event arrives, because a client cannot know when the peer has received its request.
async function liveEvents(network, transcript, step) {
    const { channel, chaincode } = network.options;
    const stream = await network.gateway(step).getNetwork(channel).getChaincodeEvents(chaincode);
    let arrived = false;
    const reading = read(stream, 'a live event', (event) => {
        compare(step.events[0], event);
        arrived = true;
        return true;
    });
    reading.catch(() => { arrived = true; });
    for (let count = 0; count < SUBMISSIONS && !arrived; count += 1) {
        const transaction = await propose(network, transcript, step).endorse();
        await (await transaction.submit()).getStatus();
        await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, BETWEEN_SUBMISSIONS_MS))]);
    }
    await reading;
}

module.exports = { chaincodeEvents, liveEvents, read };
