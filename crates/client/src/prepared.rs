//! The transaction that a gateway prepares for signing.

use ccs_proto::common::{Envelope, Header, Payload};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ProposalResponsePayload, Response, Transaction,
};
use prost::{DecodeError, Message};

/// Returns the chaincode's response in a prepared transaction.
///
/// The transaction must have the header of the proposal; the client signs nothing else.
pub(crate) fn response(envelope: &Envelope, proposed: &Header) -> Result<Response, String> {
    let payload: Payload = decode("payload", &envelope.payload)?;
    if payload.header.as_ref() != Some(proposed) {
        return Err("it has another header than the proposal".to_owned());
    }
    let transaction: Transaction = decode("transaction", &payload.data)?;
    let [action] = transaction.actions.as_slice() else {
        return Err(format!("it has {} actions instead of one", transaction.actions.len()));
    };
    let action: ChaincodeActionPayload = decode("action", &action.payload)?;
    let endorsed = action.action.ok_or("it has no endorsed action")?;
    let action = chaincode_action(&endorsed.proposal_response_payload)
        .map_err(|error| format!("its chaincode action cannot be decoded: {error}"))?;
    action.response.ok_or_else(|| "it has no response of the chaincode".to_owned())
}

/// Decodes the chaincode action in the payload that endorsers signed.
pub(crate) fn chaincode_action(proposal_response_payload: &[u8]) -> Result<ChaincodeAction, DecodeError> {
    let payload = ProposalResponsePayload::decode(proposal_response_payload)?;
    ChaincodeAction::decode(payload.extension.as_slice())
}

fn decode<M: Message + Default>(what: &str, bytes: &[u8]) -> Result<M, String> {
    M::decode(bytes).map_err(|error| format!("its {what} cannot be decoded: {error}"))
}
