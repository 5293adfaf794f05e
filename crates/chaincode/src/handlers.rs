//! Handles the requests of a running transaction, in one file for each family of messages.
//!
//! The rules are those of Fabric 3.1 `core/chaincode/handler.go`. Most requests are answered immediately. Those that
//! wait for another party or read many keys are answered later, so that other transactions on the stream can proceed.

mod access;
mod batch;
mod history;
mod invoke;
mod metadata;
mod private;
mod query;
mod range;
mod results;
mod state;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ccs_dial::register::type_name;
use ccs_identity::EnvelopeError;
use ccs_ledger::{LedgerError, SimulationError};
use ccs_proto::peer::ChaincodeMessage;
use ccs_proto::peer::chaincode_message::Type;
use prost::Message;

use crate::context::Context;
use crate::error::InvokeError;
use crate::wire::TransactionKey;

/// Reason why a request fails. The chaincode receives it after `<TYPE> failed: transaction ID: <id>: `.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("unmarshal failed: {0}")]
    Unmarshal(prost::DecodeError),
    #[error("no ledger context")]
    NoLedgerContext,
    #[error("could not get valid transaction")]
    NoTransaction,
    #[error(transparent)]
    Simulation(#[from] SimulationError),
    #[error("query iterator not found")]
    NoIterator,
    #[error(transparent)]
    Mirror(#[from] ccs_channel::MirrorError),
    #[error(transparent)]
    Unstorable(#[from] ccs_couchdb::CouchError),
    #[error("invalid query: {0}")]
    Query(ccs_mango::QueryError),
    #[error("unknown operation type: {0}")]
    UnknownOperation(i32),
    #[error("private data APIs are not allowed in chaincode Init()")]
    PrivateDataInInit,
    #[error("only applicable for private data")]
    OnlyPrivateData,
    #[error("collection {channel}/{chaincode}/{collection} could not be found")]
    NoSuchCollection { channel: String, chaincode: String, collection: String },
    #[error("collection [{collection}] not defined in the collection config for chaincode [{chaincode}]")]
    UndefinedCollection { chaincode: String, collection: String },
    #[error(
        "tx creator does not have {right} access permission on privatedata in chaincodeName:{chaincode} collectionName: {collection}"
    )]
    NoAccess { right: &'static str, chaincode: String, collection: String },
    #[error("the policy of the members of collection {collection} cannot be read: {reason}")]
    Policy { collection: String, reason: EnvelopeError },
    /// Reported first, because a peer checks access before it looks up the chaincode.
    #[error("Failed to get policy manager for channel [{0}]")]
    NoChannel(String),
    #[error("{0}")]
    Target(String),
    /// The text is a peer's.
    #[error("{0}")]
    AccessDenied(String),
    #[error("execute failed: {0}")]
    Execute(Box<InvokeError>),
}

impl From<prost::DecodeError> for RequestError {
    fn from(error: prost::DecodeError) -> Self {
        Self::Unmarshal(error)
    }
}

impl From<ccs_mango::QueryError> for RequestError {
    fn from(error: ccs_mango::QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<LedgerError> for RequestError {
    fn from(error: LedgerError) -> Self {
        Self::Simulation(error.into())
    }
}

type Payload = Result<Vec<u8>, RequestError>;

/// Answer to a request, either ready or pending.
#[expect(clippy::large_enum_variant, reason = "it lives until it is sent")]
pub(crate) enum Answer {
    Now(ChaincodeMessage),
    Later(Pin<Box<dyn Future<Output = ChaincodeMessage> + Send>>),
}

/// Answers a request with RESPONSE, or with ERROR and a peer's text.
pub(crate) fn answer(request: ChaincodeMessage, context: &Arc<Context>) -> Answer {
    let context = Arc::clone(context);
    match request.r#type() {
        Type::InvokeChaincode => Answer::Later(Box::pin(async move {
            let payload = invoke::call(&request.payload, &context).await;
            reply(&request, payload)
        })),
        Type::GetQueryResult => Answer::Later(Box::pin(async move {
            let payload = query::open(&request.payload, &context).await;
            reply(&request, payload)
        })),
        Type::GetStateByRange | Type::QueryStateNext | Type::GetHistoryForKey => {
            Answer::Later(Box::pin(off_worker(move || {
                let payload = read_many(&request, &context);
                reply(&request, payload)
            })))
        }
        _ => Answer::Now(reply(&request, read_or_write(&request, &context))),
    }
}

/// Runs a read of many keys on a blocking thread, so that the workers of the runtime stay free. Propagates a panic.
async fn off_worker<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(read).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Answers a request whose transaction is not running.
pub(crate) fn refuse(request: &ChaincodeMessage) -> ChaincodeMessage {
    let refusal = match request.r#type() {
        Type::InvokeChaincode => RequestError::NoTransaction,
        _ => RequestError::NoLedgerContext,
    };
    reply(request, Err(refusal))
}

fn reply(request: &ChaincodeMessage, payload: Payload) -> ChaincodeMessage {
    let key = TransactionKey::of(request);
    match payload {
        Ok(payload) => key.message(Type::Response, payload),
        Err(refusal) => {
            let name = type_name(request.r#type);
            let text = format!("{name} failed: transaction ID: {}: {refusal}", request.txid);
            key.message(Type::Error, text.into_bytes())
        }
    }
}

/// Answers a request for a single key or a list of keys.
fn read_or_write(request: &ChaincodeMessage, context: &Context) -> Payload {
    let payload = request.payload.as_slice();
    match request.r#type() {
        Type::GetState => state::get(payload, context),
        Type::PutState => state::put(payload, context),
        Type::DelState => state::delete(payload, context),
        Type::GetStateMetadata => metadata::get(payload, context),
        Type::PutStateMetadata => metadata::put(payload, context),
        Type::GetPrivateDataHash => private::hash(payload, context),
        Type::PurgePrivateData => private::purge(payload, context),
        Type::WriteBatchState => batch::write(payload, context),
        Type::GetStateMultiple => batch::get_multiple(payload, context),
        Type::QueryStateClose => results::close(payload, context),
        _ => Err(RequestError::UnknownOperation(request.r#type)),
    }
}

/// Answers a query.
fn read_many(request: &ChaincodeMessage, context: &Context) -> Payload {
    let payload = request.payload.as_slice();
    match request.r#type() {
        Type::GetStateByRange => range::open(payload, context),
        Type::GetHistoryForKey => history::open(payload, context),
        _ => results::next(payload, context),
    }
}

fn decode_payload<M: Message + Default>(payload: &[u8]) -> Result<M, RequestError> {
    Ok(M::decode(payload)?)
}

#[cfg(test)]
mod tests;
