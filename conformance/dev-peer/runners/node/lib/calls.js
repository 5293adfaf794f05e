// Single calls of the gateway: proposals as a step describes them, and errors as a transcript does.
'use strict';

const grpc = require('@grpc/grpc-js');
const { StatusCode } = require('@hyperledger/fabric-gateway');
const { expectText } = require('./transcript');
const { withInit } = require('./proposals');

// Makes the step's proposal, or returns that of an earlier step.
function propose(network, transcript, step) {
    if (step.proposal) {
        return transcript.find(step.proposal).proposal;
    }
    const { channel, chaincode } = network.options;
    const gateway = network.gateway(step);
    const proposal = gateway
        .getNetwork(step.channel ?? channel)
        .getContract(step.chaincode ?? chaincode)
        .newProposal(step.function, {
            arguments: step.args ?? [],
            transientData: step.transient,
            endorsingOrganizations: step.organizations,
        });
    return step.is_init ? gateway.newProposal(withInit(proposal.getBytes())) : proposal;
}

function callOptions(step) {
    return step.deadline ? { deadline: Date.now() + step.deadline } : undefined;
}

// Runs a call, and compares its payload or error with the expected one. Returns the result of the call.
async function expectOutcome(step, txid, call) {
    let outcome;
    try {
        outcome = await call();
    } catch (error) {
        expectError(step, txid, error);
        return undefined;
    }
    if (step.error) {
        throw new Error(`expected the error ${JSON.stringify(step.error)}\nactual   success: ${textOf(outcome.result)}`);
    }
    expectResult(step, txid, Buffer.from(outcome.result ?? ''));
    return outcome;
}

function expectResult(step, txid, result) {
    if (step.result !== undefined) {
        expectText('result', step.result.replaceAll('${txid}', txid), result.toString());
    }
    if (step.result_size !== undefined) {
        expectText('size of the result', step.result_size, result.length);
    }
}

function expectError(step, txid, error) {
    if (!step.error || error.code === undefined) {
        throw new Error(`expected success\nactual   ${describe(error)}`);
    }
    const { code, detail, message } = step.error;
    const replace = (text) => text.replaceAll('${txid}', txid);
    try {
        expectText('code', code, grpc.status[error.code]);
        if (message !== undefined) {
            expectText('message', replace(message), error.cause?.details);
        }
        if (detail !== undefined) {
            expectText('number of details', 1, error.details.length);
            expectText('message of the detail', replace(detail), error.details[0].message);
        }
    } catch (difference) {
        throw new Error(`${difference.message}\nwhole    ${describe(error)}`);
    }
}

function describe(error) {
    const details = Array.isArray(error.details) ? error.details.map(({ message }) => message) : [];
    return `${error.message}${details.map((detail) => `\n  detail ${detail}`).join('')}`;
}

function textOf(result) {
    return Buffer.from(result ?? '').toString().slice(0, 300);
}

function expectStatus(expected, { code }) {
    expectText('validation code', expected, statusName(code));
}

// Returns the name of a validation code.
function statusName(code) {
    return Object.keys(StatusCode).find((name) => StatusCode[name] === code) ?? `code ${code}`;
}

module.exports = { callOptions, expectOutcome, expectStatus, propose, statusName };
