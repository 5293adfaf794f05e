//! `WRITE_BATCH_STATE` and `GET_STATE_MULTIPLE`, which READY offers (Fabric 3.1 and later).

use fabric_shim_protos::peer::write_record::Type;
use fabric_shim_protos::peer::{GetStateMultiple, GetStateMultipleResult, WriteBatchState, WriteRecord};
use prost::Message;

use super::{Context, Refusal, decode, public};

/// Notes each record's write in turn; after a failure the earlier ones stay.
pub(super) fn write(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: WriteBatchState = decode(payload)?;
    for record in request.rec {
        write_record(record, context)?;
    }
    Ok(Vec::new())
}

fn write_record(record: WriteRecord, context: &mut Context<'_>) -> Result<(), Refusal> {
    match Type::try_from(record.r#type) {
        Ok(Type::PutState) => {
            public(&record.collection)?;
            context.simulation.put(record.key, record.value).map_err(context.conflict())
        }
        Ok(Type::DelState) => {
            public(&record.collection)?;
            context.simulation.delete(record.key).map_err(context.conflict())
        }
        Ok(known @ (Type::PutStateMetadata | Type::PurgePrivateData)) => {
            Err(Refusal::Unsupported(format!("{} in a batch", known.as_str_name())))
        }
        Ok(Type::Undefined) | Err(_) => Err(Refusal::UnknownOperation(record.r#type)),
    }
}

/// Gives the committed values in the order of the keys, empty where there is none.
pub(super) fn get_multiple(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: GetStateMultiple = decode(payload)?;
    public(&request.collection)?;
    let value = |key| context.simulation.get(key).unwrap_or_default().to_vec();
    let values = request.keys.into_iter().map(value).collect();
    Ok(GetStateMultipleResult { values }.encode_to_vec())
}
