// Proposals that the SDK's builder does not support: decoded ones, and init calls.
'use strict';

const crypto = require('crypto');
const { common, gateway, msp, peer } = require('@hyperledger/fabric-protos');

// Returns the same proposal with is_init set. The transaction ID depends only on the nonce and the creator.
function withInit(bytes) {
    const proposed = gateway.ProposedTransaction.deserializeBinary(bytes);
    const proposal = peer.Proposal.deserializeBinary(proposed.getProposal().getProposalBytes_asU8());
    const payload = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
    const invocation = peer.ChaincodeInvocationSpec.deserializeBinary(payload.getInput_asU8());
    invocation.getChaincodeSpec().getInput().setIsInit(true);
    payload.setInput(invocation.serializeBinary());
    proposal.setPayload(payload.serializeBinary());
    proposed.getProposal().setProposalBytes(proposal.serializeBinary());
    return proposed.serializeBinary();
}

// The expected answer of the contract's function Context to this proposal with a signature.
function contextOf(bytes) {
    const signed = gateway.ProposedTransaction.deserializeBinary(bytes).getProposal();
    const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
    const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
    const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
    const signature = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
    const creator = msp.SerializedIdentity.deserializeBinary(signature.getCreator_asU8());
    const epoch = Buffer.alloc(8);
    const timestamp = channel.getTimestamp();
    return {
        binding: digest(Buffer.concat([signature.getNonce_asU8(), signature.getCreator_asU8(), epoch])),
        channel: channel.getChannelId(),
        identity: digest(creator.getIdBytes_asU8()),
        mspId: creator.getMspid(),
        signature: digest(signed.getSignature_asU8()),
        timestamp: `${timestamp.getSeconds()}.${String(timestamp.getNanos()).padStart(9, '0')}`,
        txId: channel.getTxId(),
    };
}

function digest(bytes) {
    return crypto.createHash('sha256').update(bytes).digest('hex');
}

module.exports = { contextOf, withInit };
