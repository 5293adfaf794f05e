//! Checks the envelope: headers, creator, and that the action belongs to the proposal that the creator signed.

use ccs_proto::common::{ChannelHeader, Envelope, HeaderType, Payload, SignatureHeader};
use ccs_proto::peer::{
    ChaincodeActionPayload, ChaincodeEndorsedAction, ProposalResponsePayload, Transaction, TransactionAction,
    TxValidationCode as Code,
};
use ccs_proto::transaction_id;
use prost::{DecodeError, Message};
use sha2::{Digest, Sha256};

use super::ValidationContext;

/// Envelope with decoded headers.
pub(super) struct Opened {
    envelope: Envelope,
    payload: Payload,
    pub(super) channel_header: ChannelHeader,
    signature_header: SignatureHeader,
}

/// The single action of a transaction.
pub(super) struct Action {
    pub(super) endorsed: ChaincodeEndorsedAction,
    pub(super) response: ProposalResponsePayload,
}

/// Decodes the payload of an envelope, and its channel header if there is one.
pub fn read_payload(payload: &[u8]) -> Result<(Payload, ChannelHeader), DecodeError> {
    let payload = Payload::decode(payload)?;
    let header = payload.header.as_ref().map(|header| header.channel_header.as_slice());
    let header = ChannelHeader::decode(header.unwrap_or_default())?;
    Ok((payload, header))
}

/// Returns the channel header of an envelope in a block. A header that cannot be decoded counts as empty.
pub(crate) fn header_of(envelope: &[u8]) -> ChannelHeader {
    let envelope = Envelope::decode(envelope).unwrap_or_default();
    read_payload(&envelope.payload).map(|(_, header)| header).unwrap_or_default()
}

/// Decodes an envelope and its headers, and checks the headers. Sets `id` to the ID that the header claims.
pub(super) fn open(bytes: &[u8], id: &mut String) -> Result<Opened, Code> {
    if bytes.is_empty() {
        return Err(Code::NilEnvelope);
    }
    let envelope = Envelope::decode(bytes).map_err(|_| Code::InvalidOtherReason)?;
    let payload = Payload::decode(envelope.payload.as_slice()).map_err(|_| Code::BadPayload)?;
    let header = payload.header.as_ref().ok_or(Code::BadCommonHeader)?;
    let channel_header =
        ChannelHeader::decode(header.channel_header.as_slice()).map_err(|_| Code::BadCommonHeader)?;
    id.clone_from(&channel_header.tx_id);
    let signature_header = signature_header(&header.signature_header).ok_or(Code::BadCommonHeader)?;
    let is_known = match HeaderType::try_from(channel_header.r#type) {
        Ok(HeaderType::EndorserTransaction | HeaderType::ConfigUpdate | HeaderType::Config) => true,
        Ok(_) | Err(_) => false,
    };
    if !is_known || channel_header.epoch != 0 {
        return Err(Code::BadCommonHeader);
    }
    Ok(Opened { envelope, payload, channel_header, signature_header })
}

/// Decodes a signature header. Requires a nonce and a creator.
fn signature_header(bytes: &[u8]) -> Option<SignatureHeader> {
    let header = SignatureHeader::decode(bytes).ok()?;
    (!header.nonce.is_empty() && !header.creator.is_empty()).then_some(header)
}

/// Checks creator, type, transaction ID, action and channel.
pub(super) fn check(opened: &Opened, context: &ValidationContext<'_>) -> Result<Action, Code> {
    let SignatureHeader { creator, nonce } = &opened.signature_header;
    let identity = context.msps.identify(creator).map_err(|_| Code::BadCreatorSignature)?;
    let signature = context.msps.verify(&identity, &opened.envelope.payload, &opened.envelope.signature);
    signature.map_err(|_| Code::BadCreatorSignature)?;
    match HeaderType::try_from(opened.channel_header.r#type) {
        Ok(HeaderType::EndorserTransaction) => {}
        // Channels of this peer never change their configuration.
        Ok(HeaderType::Config) => return Err(Code::InvalidConfigTransaction),
        Ok(_) | Err(_) => return Err(Code::UnsupportedTxPayload),
    }
    if opened.channel_header.tx_id != transaction_id(nonce, creator) {
        return Err(Code::BadProposalTxid);
    }
    let action = action(&opened.payload).ok_or(Code::InvalidEndorserTransaction)?;
    if opened.channel_header.channel_id != context.channel {
        return Err(Code::TargetChainNotFound);
    }
    Ok(action)
}

/// Decodes the single action, and checks that the endorsed proposal is the one in this payload.
fn action(payload: &Payload) -> Option<Action> {
    let transaction = Transaction::decode(payload.data.as_slice()).ok()?;
    let [TransactionAction { header, payload: action }] = transaction.actions.as_slice() else { return None };
    signature_header(header)?;
    let action = ChaincodeActionPayload::decode(action.as_slice()).ok()?;
    let endorsed = action.action?;
    let response = ProposalResponsePayload::decode(endorsed.proposal_response_payload.as_slice()).ok()?;
    let mut hash = Sha256::new();
    hash.update(&payload.header.as_ref()?.channel_header);
    hash.update(header);
    hash.update(&action.chaincode_proposal_payload);
    let hash: [u8; 32] = hash.finalize().into();
    (response.proposal_hash == hash).then_some(Action { endorsed, response })
}
