//! `WRITE_BATCH_STATE` and `GET_STATE_MULTIPLE`, which the READY message announces (Fabric 3.1 and later).

use ccs_proto::peer::write_record::Type;
use ccs_proto::peer::{GetStateMultiple, GetStateMultipleResult, WriteBatchState, WriteRecord};
use prost::Message;

use super::{Payload, RequestError, decode_payload, metadata, private, state};
use crate::context::Context;

/// Records each write in turn. If one fails, the earlier ones stay.
pub(super) fn write(payload: &[u8], context: &Context) -> Payload {
    let request: WriteBatchState = decode_payload(payload)?;
    for record in request.rec {
        write_record(record, context)?;
    }
    Ok(Vec::new())
}

fn write_record(record: WriteRecord, context: &Context) -> Result<(), RequestError> {
    let WriteRecord { key, value, collection, metadata, r#type } = record;
    match Type::try_from(r#type) {
        Ok(Type::PutState) => state::write(context, &collection, &key, Some(value)),
        Ok(Type::DelState) => state::write(context, &collection, &key, None),
        Ok(Type::PutStateMetadata) => metadata::write(context, &collection, &key, metadata),
        Ok(Type::PurgePrivateData) => private::write_purge(context, &collection, &key),
        Ok(Type::Undefined) | Err(_) => Err(RequestError::UnknownOperation(r#type)),
    }
}

/// Returns the committed values in the order of the keys; a missing value is empty.
pub(super) fn get_multiple(payload: &[u8], context: &Context) -> Payload {
    let GetStateMultiple { keys, collection } = decode_payload(payload)?;
    let keys = keys.iter().map(String::as_str);
    let values = if collection.is_empty() {
        context.simulation().get_multiple(&context.chaincode, keys)?
    } else {
        context.readable(&collection)?;
        context.simulation().get_private_multiple(&context.chaincode, &collection, keys)?
    };
    let values = values.into_iter().map(Option::unwrap_or_default).collect();
    Ok(GetStateMultipleResult { values }.encode_to_vec())
}
