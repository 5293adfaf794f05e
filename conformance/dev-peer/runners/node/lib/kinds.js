// The kinds of steps. Each takes the network, the transcript and a step, and throws an error for a difference.
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

// Endorses and stores the transaction for a later `commit`.
async function endorse(network, transcript, step) {
    const proposal = propose(network, transcript, step);
    const txid = proposal.getTransactionId();
    const outcome = await expectOutcome(step, txid, async () => {
        const transaction = await proposal.endorse(callOptions(step));
        return { transaction, result: transaction.getResult() };
    });
    transcript.save(step, { txid, proposal, transaction: outcome?.transaction, result: text(outcome?.result) });
}

// Submits an endorsed transaction with the signature of the step's user.
async function commit(network, transcript, step) {
    const held = transcript.find(step.held).transaction;
    const transaction = network.gateway(step).newTransaction(held.getBytes());
    const txid = transaction.getTransactionId();
    const outcome = await expectOutcome(step, txid, () => submitAndWait(transaction));
    if (outcome) {
        expectStatus(step.status ?? 'VALID', outcome.status);
        transcript.save(step, { txid, block: outcome.status.blockNumber });
    }
}

async function submitAndWait(transaction) {
    const submitted = await transaction.submit();
    return { result: transaction.getResult(), status: await submitted.getStatus() };
}

async function submit(network, transcript, step) {
    const proposal = propose(network, transcript, step);
    const txid = proposal.getTransactionId();
    const outcome = await expectOutcome(step, txid, async () =>
        submitAndWait(await proposal.endorse(callOptions(step))),
    );
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

// Requests the status of a transaction by its ID.
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

// Compares the transaction's context in the contract with the proposal.
async function context(network, transcript, step) {
    const proposal = propose(network, transcript, step);
    const result = await proposal.evaluate();
    expectText('context', JSON.stringify(contextOf(proposal.getBytes())), text(result));
}

function text(result) {
    return result === undefined ? undefined : Buffer.from(result).toString();
}

// A stream that must contain nothing except the error, if the step expects one.
function orRefusal(read) {
    return async (network, transcript, step) => {
        if (!step.refusal) {
            return read(network, transcript, step);
        }
        const nothing = { ...step, events: [], transactions: [] };
        const text = await read(network, transcript, nothing).then(
            () => 'success',
            (error) => error.message,
        );
        return expectText('refusal', step.refusal, text);
    };
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
    blocks: orRefusal(blocks),
    'chaincode-events': orRefusal(chaincodeEvents),
    'live-events': liveEvents,
    'filtered-blocks': orRefusal(filteredBlocks),
    'private-blocks': orRefusal(privateBlocks),
};

module.exports = { KINDS };
