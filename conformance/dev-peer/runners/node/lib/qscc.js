// Calls of the system chaincode qscc with Evaluate, as users of an SDK make them.
'use strict';

const { common, peer } = require('@hyperledger/fabric-protos');
const { statusName } = require('./calls');
const { expectText } = require('./transcript');

async function qscc(network, transcript, step) {
    const { channel } = network.options;
    const contract = network.gateway(step).getNetwork(channel).getContract('qscc');
    const ask = (name, ...args) => contract.evaluateTransaction(name, channel, ...args);

    const info = common.BlockchainInfo.deserializeBinary(await ask('GetChainInfo'));
    if (info.getHeight() <= Number(step.block)) {
        throw new Error(`the height is ${info.getHeight()}, and there is a block ${step.block}`);
    }
    const byNumber = common.Block.deserializeBinary(await ask('GetBlockByNumber', step.block));
    expectText('block by number', step.block, byNumber.getHeader().getNumber());
    const byTransaction = common.Block.deserializeBinary(await ask('GetBlockByTxID', step.transaction));
    expectText('block by transaction', step.block, byTransaction.getHeader().getNumber());
    const newest = common.Block.deserializeBinary(await ask('GetBlockByHash', info.getCurrentblockhash_asU8()));
    expectText('block by the newest hash', info.getHeight() - 1, newest.getHeader().getNumber());
    const transaction = peer.ProcessedTransaction.deserializeBinary(
        await ask('GetTransactionByID', step.transaction),
    );
    expectText('validation code', step.status, statusName(transaction.getValidationcode()));
}

module.exports = { qscc };
