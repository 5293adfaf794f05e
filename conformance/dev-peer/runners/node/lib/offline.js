// Offline signing: exports each request from the client as bytes and imports it with a signature.
'use strict';

const { propose, expectStatus } = require('./calls');
const { expectText } = require('./transcript');

async function offline(network, transcript, step) {
    const gateway = network.gateway(step);
    const sign = network.signer(step.as);

    const proposal = propose(network, transcript, step);
    const signedProposal = gateway.newSignedProposal(proposal.getBytes(), await sign(proposal.getDigest()));
    const transaction = await signedProposal.endorse();
    const signedTransaction = gateway.newSignedTransaction(transaction.getBytes(), await sign(transaction.getDigest()));
    const commit = await signedTransaction.submit();
    const signedCommit = gateway.newSignedCommit(commit.getBytes(), await sign(commit.getDigest()));
    const status = await signedCommit.getStatus();

    expectStatus('VALID', status);
    expectText('transaction ID', proposal.getTransactionId(), status.transactionId);
    transcript.save(step, { txid: status.transactionId, block: status.blockNumber });
}

module.exports = { offline };
