//! Answers to the requests of a running transaction, one file for each family of messages.
//!
//! Private data, history, rich queries, key metadata and calls of other chaincodes are refused by name.

mod batch;
mod range;
mod state;

use fabric_shim_protos::peer::ChaincodeMessage;
use fabric_shim_protos::peer::chaincode_message::Type;
use prost::Message;

use crate::simulation::{Conflict, Simulation};
use crate::wire::{self, TransactionKey};

/// Why a request is refused; the chaincode reads it after `<TYPE> failed: transaction ID: <id>: `.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("unmarshal failed: {0}")]
    Unmarshal(#[from] prost::DecodeError),
    #[error("no ledger context")]
    NoLedgerContext,
    #[error("could not get valid transaction")]
    NoTransaction,
    #[error("txid [{id}]: {conflict}")]
    Conflict { id: String, conflict: Conflict },
    #[error("query iterator not found")]
    NoIterator,
    #[error("ExecuteQuery not supported for leveldb")]
    RichQuery,
    #[error("unknown operation type: {0}")]
    UnknownOperation(i32),
    #[error("{0} is not supported by this development peer yet")]
    Unsupported(String),
}

/// A transaction's simulation with what its requests need besides.
struct Context<'a> {
    simulation: &'a mut Simulation,
    id: &'a str,
    total_query_limit: usize,
}

impl Context<'_> {
    /// Names the transaction in a conflict.
    fn conflict(&self) -> impl Fn(Conflict) -> Refusal {
        let id = self.id.to_owned();
        move |conflict| Refusal::Conflict { id: id.clone(), conflict }
    }
}

/// Answers a request: RESPONSE, or ERROR in the words of a peer.
///
/// `simulation` is that of the request's transaction, if it still runs.
pub(crate) fn answer(
    request: &ChaincodeMessage,
    simulation: Option<&mut Simulation>,
    total_query_limit: usize,
) -> ChaincodeMessage {
    let key = TransactionKey::of(request);
    let result = match simulation {
        Some(simulation) => {
            dispatch(request, &mut Context { simulation, id: &request.txid, total_query_limit })
        }
        None if request.r#type() == Type::InvokeChaincode => Err(Refusal::NoTransaction),
        None => Err(Refusal::NoLedgerContext),
    };
    match result {
        Ok(payload) => key.message(Type::Response, payload),
        Err(refusal) => {
            let name = wire::type_name(request.r#type);
            let text = format!("{name} failed: transaction ID: {}: {refusal}", request.txid);
            key.message(Type::Error, text.into_bytes())
        }
    }
}

fn dispatch(request: &ChaincodeMessage, context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let payload = request.payload.as_slice();
    match request.r#type() {
        Type::GetState => state::get(payload, context),
        Type::PutState => state::put(payload, context),
        Type::DelState => state::delete(payload, context),
        Type::GetStateByRange => range::open(payload, context),
        Type::QueryStateNext => range::next(payload, context),
        Type::QueryStateClose => range::close(payload, context),
        Type::WriteBatchState => batch::write(payload, context),
        Type::GetStateMultiple => batch::get_multiple(payload, context),
        Type::GetQueryResult => Err(Refusal::RichQuery),
        _ => Err(Refusal::Unsupported(wire::type_name(request.r#type))),
    }
}

/// Refuses private data.
fn public(collection: &str) -> Result<(), Refusal> {
    if collection.is_empty() {
        return Ok(());
    }
    Err(Refusal::Unsupported(format!("private data (collection {collection:?})")))
}

fn decode<M: Message + Default>(payload: &[u8]) -> Result<M, Refusal> {
    Ok(M::decode(payload)?)
}

#[cfg(test)]
mod tests;
