// The kinds of steps. Each takes the network, the transcript and a step, and throws what differs.
'use strict';

const { gateway: messages, msp } = require('@hyperledger/fabric-protos');
const { callOptions, expectOutcome, expectStatus, propose, statusName } = require('./calls');
const { chaincodeEvents, liveEvents } = require('./events');
const { blocks, filteredBlocks, privateBlocks } = require('./blocks');
const { offline } = require('./offline');
const { contextOf } = require('./proposals');
const { qscc } = require('./qscc');
const { expectText } = require('./transcript');

async function evaluate(network, transcript, step) {
    const proposal = propose(network, transcript, step);
    const txid = proposal.getTransactionId();
    const outcome = await expectOutcome(step, txid, async () => ({
        result: await proposal.evaluate(callOptions(step)),
    }));
    transcript.save(step, { txid, proposal, result: text(outcome?.result) });
}

// Endorses and keeps the transaction for a later `commit`.
async function endorse(network, transcript, step) {
    const proposal = propose(network, transcript, step);
    const txid = proposal.getTransactionId();
    const outcome = await expectOutcome(step, txid, async () => {
        const transaction = await proposal.endorse(callOptions(step));
        return { transaction, result: transaction.getResult() };
    });
    transcript.save(step, { txid, proposal, transaction: outcome?.transaction, result: text(outcome?.result) });
}

async function commit(network, transcript, step) {
    const { transaction } = transcript.find(step.held);
    const submitted = await transaction.submit();
    const status = await submitted.getStatus();
    expectStatus(step.status ?? 'VALID', status);
    transcript.save(step, { txid: transaction.getTransactionId(), block: status.blockNumber });
}

async function submit(network, transcript, step) {
    const proposal = propose(network, transcript, step);
    const txid = proposal.getTransactionId();
    const outcome = await expectOutcome(step, txid, async () => {
        const transaction = await proposal.endorse(callOptions(step));
        const submitted = await transaction.submit();
        return { result: transaction.getResult(), status: await submitted.getStatus() };
    });
    if (outcome) {
        expectStatus(step.status ?? 'VALID', outcome.status);
        transcript.save(step, { txid, proposal, result: text(outcome.result), block: outcome.status.blockNumber });
    }
}

// Endorses all at once, then submits all at once, then counts the validation codes.
async function race(network, transcript, step) {
    const proposals = Array.from({ length: step.count }, () => propose(network, transcript, step));
    const transactions = await Promise.all(proposals.map((proposal) => proposal.endorse()));
    const submitted = await Promise.all(transactions.map((transaction) => transaction.submit()));
    const statuses = await Promise.all(submitted.map((transaction) => transaction.getStatus()));
    const counts = {};
    for (const { code } of statuses) {
        const name = statusName(code);
        counts[name] = (counts[name] ?? 0) + 1;
    }
    expectText('validation codes', sorted(step.statuses), sorted(counts));
}

function sorted(counts) {
    return JSON.stringify(Object.entries(counts).sort());
}

// Asks for the status of a transaction by its ID.
async function status(network, transcript, step) {
    const gateway = network.gateway(step);
    const { mspId, credentials } = gateway.getIdentity();
    const request = new messages.CommitStatusRequest();
    request.setChannelId(network.options.channel);
    request.setTransactionId(step.transaction);
    request.setIdentity(serializedIdentity(mspId, credentials));
    const signed = new messages.SignedCommitStatusRequest();
    signed.setRequest(request.serializeBinary());
    const outcome = await expectOutcome(step, step.transaction, async () => ({
        status: await gateway.newCommit(signed.serializeBinary()).getStatus(callOptions(step)),
    }));
    if (outcome) {
        expectStatus(step.status, outcome.status);
        expectText('block', step.block, outcome.status.blockNumber);
    }
}

function serializedIdentity(mspId, credentials) {
    const identity = new msp.SerializedIdentity();
    identity.setMspid(mspId);
    identity.setIdBytes(credentials);
    return identity.serializeBinary();
}

// Compares what the contract knows of the transaction with what is in the proposal.
async function context(network, transcript, step) {
    const proposal = propose(network, transcript, step);
    const result = await proposal.evaluate();
    expectText('context', JSON.stringify(contextOf(proposal.getBytes())), text(result));
}

function text(result) {
    return result === undefined ? undefined : Buffer.from(result).toString();
}

const KINDS = {
    evaluate,
    endorse,
    commit,
    submit,
    race,
    status,
    context,
    offline,
    qscc,
    blocks,
    'chaincode-events': chaincodeEvents,
    'live-events': liveEvents,
    'filtered-blocks': filteredBlocks,
    'private-blocks': privateBlocks,
};

module.exports = { KINDS };
