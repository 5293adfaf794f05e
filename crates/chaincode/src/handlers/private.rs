//! `GET_PRIVATE_DATA_HASH` and `PURGE_PRIVATE_DATA`. Other requests on collections share handlers with the public
//! state.

use ccs_proto::peer::{DelState, GetState};

use super::{Payload, RequestError, decode_payload};
use crate::context::Context;

/// Returns the SHA-256 hash of a private value, which any client may read; empty if there is no value.
pub(super) fn hash(payload: &[u8], context: &Context) -> Payload {
    let GetState { key, collection } = decode_payload(payload)?;
    context.outside_init()?;
    context.defined(&collection)?;
    Ok(context.simulation().private_hash(&context.chaincode, &collection, &key)?.unwrap_or_default())
}

/// Records the purge of a private value and its history.
pub(super) fn purge(payload: &[u8], context: &Context) -> Payload {
    let DelState { key, collection } = decode_payload(payload)?;
    write_purge(context, &collection, &key)?;
    Ok(Vec::new())
}

/// Records a purge.
pub(super) fn write_purge(context: &Context, collection: &str, key: &str) -> Result<(), RequestError> {
    if collection.is_empty() {
        return Err(RequestError::OnlyPrivateData);
    }
    context.writable(collection)?;
    context.storable(key, &[])?;
    context.simulation().purge_private(&context.chaincode, collection, key)?;
    Ok(())
}
