//! `GET_STATE`, `PUT_STATE`, `DEL_STATE`.

use ccs_proto::peer::{DelState, GetState, PutState};

use super::{Payload, RequestError, decode_payload};
use crate::context::Context;

/// Returns the committed value; empty if there is none.
pub(super) fn get(payload: &[u8], context: &Context) -> Payload {
    let GetState { key, collection } = decode_payload(payload)?;
    if !collection.is_empty() {
        context.readable(&collection)?;
        let value = context.simulation().get_private(&context.chaincode, &collection, &key)?;
        return Ok(value.unwrap_or_default());
    }
    Ok(context.simulation().get(&context.chaincode, &key)?.unwrap_or_default())
}

/// Records a write.
pub(super) fn put(payload: &[u8], context: &Context) -> Payload {
    let PutState { key, value, collection } = decode_payload(payload)?;
    write(context, &collection, &key, Some(value))?;
    Ok(Vec::new())
}

/// Records a delete.
pub(super) fn delete(payload: &[u8], context: &Context) -> Payload {
    let DelState { key, collection } = decode_payload(payload)?;
    write(context, &collection, &key, None)?;
    Ok(Vec::new())
}

/// Records the write of a value, or a delete.
pub(super) fn write(
    context: &Context,
    collection: &str,
    key: &str,
    value: Option<Vec<u8>>,
) -> Result<(), RequestError> {
    let namespace = &context.chaincode;
    let stored = value.as_deref().unwrap_or_default();
    if collection.is_empty() {
        context.storable(key, stored)?;
        let mut simulation = context.simulation();
        match value {
            Some(value) => simulation.put(namespace, key, value)?,
            None => simulation.delete(namespace, key)?,
        }
        return Ok(());
    }
    context.writable(collection)?;
    context.storable(key, stored)?;
    let mut simulation = context.simulation();
    match value {
        Some(value) => simulation.put_private(namespace, collection, key, value)?,
        None => simulation.delete_private(namespace, collection, key)?,
    }
    Ok(())
}
