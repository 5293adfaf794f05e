//! The protocol of a chaincode stream: a pure function from state and message to actions.
//!
//! ```text
//! Created --REGISTER--> Established --REGISTERED sent--> Ready
//!    |                       |                             |
//!    +-----------------------+------- stream ends ---------+--> Closed
//! ```
//!
//! The states are those of Fabric 3.1 `core/chaincode/handler.go`. One difference is deliberate: a peer never answers
//! a REGISTER that it does not accept, and keeps the stream open until the startup timeout; here the session ends
//! immediately.

use ccs_dial::End;
use ccs_dial::register::{announced, misplaced};
use ccs_proto::peer::chaincode_message::Type;
use ccs_proto::peer::{ChaincodeAdditionalParams, ChaincodeMessage};
use prost::Message;

use crate::wire;

/// Maximum number of records or keys in a batch, as shipped with Fabric 3.1. Peers announce but never enforce it.
const BATCH_SIZE: u32 = 1000;

/// State of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The stream is open; waiting for REGISTER.
    Created,
    /// REGISTER was accepted; REGISTERED is being sent.
    Established,
    /// READY is being sent or was sent; transactions may run.
    Ready,
    /// The stream must be closed.
    Closed,
}

/// Event for a session.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it lives for one step")]
pub(crate) enum Input {
    /// The chaincode sent a message.
    Received(ChaincodeMessage),
    /// REGISTERED was passed to the stream.
    RegisteredSent,
    /// The stream ended for this reason.
    StreamEnded(String),
}

/// Action that a session requests.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Send this message.
    Send(ChaincodeMessage),
    /// Notify the waiting caller of the registration.
    Registered,
    /// Answer a request of a running transaction.
    Answer(ChaincodeMessage),
    /// Finish a transaction with this COMPLETED or ERROR.
    Finish(ChaincodeMessage),
    /// Close the stream.
    End(End),
}

/// Decides whether a chaincode may register under an ID.
pub(crate) type Admit = dyn Fn(String) -> Result<(), End> + Send;

/// Handles one event: returns the new state and the actions.
pub(crate) fn step(state: State, input: Input, admit: &Admit) -> (State, Vec<Action>) {
    match (state, input) {
        (State::Closed, _) => (State::Closed, Vec::new()),
        (_, Input::StreamEnded(reason)) => end(End::Stream(reason)),
        (State::Created, Input::Received(message)) => created(&message, admit),
        (State::Established, Input::Received(message)) => established(&message),
        (State::Ready, Input::Received(message)) => ready(message),
        (State::Established, Input::RegisteredSent) => {
            let ready = wire::message(Type::Ready, additional_params().encode_to_vec());
            (State::Ready, vec![Action::Send(ready), Action::Registered])
        }
        (state, Input::RegisteredSent) => (state, Vec::new()),
    }
}

/// Returns the parameters that Fabric 3.1 announces by default; older peers send READY without them.
fn additional_params() -> ChaincodeAdditionalParams {
    ChaincodeAdditionalParams {
        use_write_batch: true,
        max_size_write_batch: BATCH_SIZE,
        use_get_multiple_keys: true,
        max_size_get_multiple_keys: BATCH_SIZE,
    }
}

fn created(message: &ChaincodeMessage, admit: &Admit) -> (State, Vec<Action>) {
    match announced(message).and_then(|name| name.map(admit).transpose()) {
        Ok(None) => (State::Created, Vec::new()),
        Ok(Some(())) => (State::Established, vec![Action::Send(wire::message(Type::Registered, Vec::new()))]),
        Err(reason) => end(reason),
    }
}

fn established(message: &ChaincodeMessage) -> (State, Vec<Action>) {
    if message.r#type() == Type::Keepalive {
        return (State::Established, Vec::new());
    }
    let text = format!("handle message: invalid state established for transaction {}", message.txid);
    end(End::Protocol(text))
}

fn ready(message: ChaincodeMessage) -> (State, Vec<Action>) {
    match message.r#type() {
        Type::Keepalive => (State::Ready, Vec::new()),
        Type::Completed | Type::Error => (State::Ready, vec![Action::Finish(message)]),
        Type::GetState
        | Type::PutState
        | Type::DelState
        | Type::InvokeChaincode
        | Type::GetStateByRange
        | Type::GetQueryResult
        | Type::QueryStateNext
        | Type::QueryStateClose
        | Type::GetHistoryForKey
        | Type::GetStateMetadata
        | Type::PutStateMetadata
        | Type::GetPrivateDataHash
        | Type::PurgePrivateData
        | Type::WriteBatchState
        | Type::GetStateMultiple => (State::Ready, vec![Action::Answer(message)]),
        Type::Undefined
        | Type::Register
        | Type::Registered
        | Type::Init
        | Type::Ready
        | Type::Transaction
        | Type::Response => end(misplaced(&message, "ready")),
    }
}

fn end(end: End) -> (State, Vec<Action>) {
    (State::Closed, vec![Action::End(end)])
}

#[cfg(test)]
mod tests;
