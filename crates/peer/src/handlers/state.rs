//! `GET_STATE`, `PUT_STATE`, `DEL_STATE`.

use fabric_shim_protos::peer::{DelState, GetState, PutState};

use super::{Context, Refusal, decode, public};

/// Gives the committed value, empty when there is none.
pub(super) fn get(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: GetState = decode(payload)?;
    public(&request.collection)?;
    Ok(context.simulation.get(request.key).unwrap_or_default().to_vec())
}

/// Notes a write.
pub(super) fn put(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: PutState = decode(payload)?;
    public(&request.collection)?;
    context.simulation.put(request.key, request.value).map_err(context.conflict())?;
    Ok(Vec::new())
}

/// Notes a delete.
pub(super) fn delete(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: DelState = decode(payload)?;
    public(&request.collection)?;
    context.simulation.delete(request.key).map_err(context.conflict())?;
    Ok(Vec::new())
}
