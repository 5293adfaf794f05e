// The program: runs the steps of a transcript against a peer and prints one line for each.
'use strict';

const { parseArgs } = require('util');
const { Network } = require('./lib/network');
const { KINDS } = require('./lib/kinds');
const { Transcript } = require('./lib/transcript');

const OPTIONS = {
    transcript: { type: 'string' },
    organizations: { type: 'string' },
    endpoint: { type: 'string', default: '127.0.0.1:7051' },
    'host-alias': { type: 'string', default: 'peer0.org1.example.com' },
    channel: { type: 'string', default: 'mychannel' },
    chaincode: { type: 'string' },
    'other-channel': { type: 'string' },
    'other-chaincode': { type: 'string' },
    'init-chaincode': { type: 'string' },
    with: { type: 'string', multiple: true, default: [] },
};
const REQUIRED = ['transcript', 'organizations', 'chaincode'];

// The time limit for retries of a step marked `eventually`.
const EVENTUALLY_MS = 30000;

async function main() {
    const { values: options } = parseArgs({ options: OPTIONS });
    for (const name of REQUIRED.filter((required) => !options[required])) {
        throw new Error(`--${name} is missing`);
    }
    const transcript = Transcript.read(options.transcript, options);
    const network = new Network(options);
    try {
        await network.connect();
        transcript.language = (await network.about(options)).language;
        process.exitCode = (await runAll(transcript, network)) ? 0 : 1;
    } finally {
        network.close();
    }
}

// Returns whether all steps passed.
async function runAll(transcript, network) {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const step of transcript.steps) {
        const reason = transcript.skips(step, network);
        if (reason) {
            counts.skipped += 1;
            console.log(`skipped  ${step.name} (${reason})`);
            continue;
        }
        const failure = await run(transcript, network, step);
        counts[failure ? 'failed' : 'passed'] += 1;
        console.log(failure ? `FAIL     ${step.name}\n${indent(failure)}` : `ok       ${step.name}`);
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    return counts.failed === 0;
}

// Returns the text of the failure, or undefined.
async function run(transcript, network, step) {
    const end = Date.now() + (step.eventually ? EVENTUALLY_MS : 0);
    for (;;) {
        try {
            const filled = transcript.fill(step);
            await KINDS[filled.kind ?? 'evaluate'](network, transcript, filled);
            return undefined;
        } catch (error) {
            if (Date.now() >= end) {
                return error.message;
            }
            await new Promise((resolve) => setTimeout(resolve, 250));
        }
    }
}

function indent(text) {
    return text.replace(/^/gm, '         ');
}

main().catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
});
