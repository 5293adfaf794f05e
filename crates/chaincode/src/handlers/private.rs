//! `GET_PRIVATE_DATA_HASH` and `PURGE_PRIVATE_DATA`. Other requests on collections are with those on the public state.

use ccs_proto::peer::{DelState, GetState};

use super::{Payload, RequestError, decode_payload};
use crate::context::Context;

/// Returns the SHA-256 hash of a private value, which anyone may read; empty when there is no value.
pub(super) fn hash(payload: &[u8], context: &Context) -> Payload {
    let GetState { key, collection } = decode_payload(payload)?;
    context.outside_init()?;
    context.defined(&collection)?;
    Ok(context.simulation().private_hash(&context.chaincode, &collection, &key)?.unwrap_or_default())
}

/// Notes that a private value is to go with all its history.
pub(super) fn purge(payload: &[u8], context: &Context) -> Payload {
    let DelState { key, collection } = decode_payload(payload)?;
    write_purge(context, &collection, &key)?;
    Ok(Vec::new())
}

/// Notes a purge.
pub(super) fn write_purge(context: &Context, collection: &str, key: &str) -> Result<(), RequestError> {
    if collection.is_empty() {
        return Err(RequestError::OnlyPrivateData);
    }
    context.writable(collection)?;
    context.storable(key, &[])?;
    context.simulation().purge_private(&context.chaincode, collection, key)?;
    Ok(())
}
