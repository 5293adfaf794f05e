//! `GET_STATE_METADATA` and `PUT_STATE_METADATA`: key-level endorsement.

use ccs_ledger::Metadata;
use ccs_proto::peer::{GetStateMetadata, PutStateMetadata, StateMetadata, StateMetadataResult};
use prost::Message;

use super::{Payload, RequestError, decode_payload};
use crate::context::Context;

/// Returns the metadata of a key.
pub(super) fn get(payload: &[u8], context: &Context) -> Payload {
    let GetStateMetadata { key, collection } = decode_payload(payload)?;
    let metadata = if collection.is_empty() {
        context.simulation().metadata(&context.chaincode, &key)?
    } else {
        context.readable(&collection)?;
        context.simulation().private_metadata(&context.chaincode, &collection, &key)?
    };
    let entries = metadata.into_iter().map(|(metakey, value)| StateMetadata { metakey, value }).collect();
    Ok(StateMetadataResult { entries }.encode_to_vec())
}

/// Records a write that makes one entry the complete metadata of a key.
pub(super) fn put(payload: &[u8], context: &Context) -> Payload {
    let PutStateMetadata { key, collection, metadata } = decode_payload(payload)?;
    write(context, &collection, &key, metadata)?;
    Ok(Vec::new())
}

/// Records a write of metadata.
pub(super) fn write(
    context: &Context,
    collection: &str,
    key: &str,
    metadata: Option<StateMetadata>,
) -> Result<(), RequestError> {
    let metadata: Metadata = metadata.into_iter().map(|entry| (entry.metakey, entry.value)).collect();
    if collection.is_empty() {
        context.storable(key, &[])?;
        context.simulation().put_metadata(&context.chaincode, key, metadata)?;
    } else {
        context.writable(collection)?;
        context.storable(key, &[])?;
        context.simulation().put_private_metadata(&context.chaincode, collection, key, metadata)?;
    }
    Ok(())
}
