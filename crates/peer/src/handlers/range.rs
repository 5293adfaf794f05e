//! `GET_STATE_BY_RANGE`, `QUERY_STATE_NEXT`, `QUERY_STATE_CLOSE`.

use fabric_shim_protos::peer::{
    GetStateByRange, QueryMetadata, QueryResponse, QueryResponseMetadata, QueryResultBytes, QueryStateClose,
    QueryStateNext,
};
use fabric_shim_protos::queryresult::Kv;
use prost::Message;

use super::{Context, Refusal, decode, public};
use crate::simulation::{BATCH_SIZE, Batch, RangeIterator};

/// Answers a range query with its first batch, or with one page.
pub(super) fn open(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: GetStateByRange = decode(payload)?;
    public(&request.collection)?;
    let metadata: QueryMetadata = decode(&request.metadata)?;
    if metadata.page_size != 0 || !metadata.bookmark.is_empty() {
        return page(request, metadata, context);
    }
    let iterator = context.simulation.range(request.start_key, request.end_key, context.total_query_limit);
    Ok(batch(uuid::Uuid::new_v4().to_string(), iterator, context))
}

/// Answers with the next batch of an open iterator.
pub(super) fn next(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: QueryStateNext = decode(payload)?;
    let iterator = context.simulation.iterators.remove(&request.id).ok_or(Refusal::NoIterator)?;
    Ok(batch(request.id, iterator, context))
}

/// Forgets an iterator; one that is unknown or at its end is closed as well.
pub(super) fn close(payload: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Refusal> {
    let request: QueryStateClose = decode(payload)?;
    context.simulation.iterators.remove(&request.id);
    Ok(QueryResponse { id: request.id, ..QueryResponse::default() }.encode_to_vec())
}

fn batch(id: String, mut iterator: RangeIterator, context: &mut Context<'_>) -> Vec<u8> {
    let batch = iterator.next_batch(BATCH_SIZE);
    let has_more = batch.has_more;
    if has_more {
        context.simulation.iterators.insert(id.clone(), iterator);
    }
    let results = results(batch, context);
    QueryResponse { results, has_more, id, metadata: Vec::new() }.encode_to_vec()
}

/// Answers a paginated query: one message with all its results and where the next page begins.
fn page(
    request: GetStateByRange,
    metadata: QueryMetadata,
    context: &mut Context<'_>,
) -> Result<Vec<u8>, Refusal> {
    context.simulation.paginate().map_err(context.conflict())?;
    let limit = context.total_query_limit;
    let size = usize::try_from(metadata.page_size).ok().filter(|&size| size > 0);
    let start = if metadata.bookmark.is_empty() { request.start_key } else { metadata.bookmark };
    let batch =
        context.simulation.range(start, request.end_key, limit).next_batch(size.unwrap_or(limit).min(limit));
    let bookmark = batch.following.clone().unwrap_or_default();
    let results = results(batch, context);
    let fetched_records_count = i32::try_from(results.len()).unwrap_or(i32::MAX);
    let metadata = QueryResponseMetadata { fetched_records_count, bookmark }.encode_to_vec();
    let id = uuid::Uuid::new_v4().to_string();
    Ok(QueryResponse { results, has_more: false, id, metadata }.encode_to_vec())
}

/// Encodes the entries and notes them as read, the one fetched ahead included.
fn results(batch: Batch, context: &mut Context<'_>) -> Vec<QueryResultBytes> {
    let keys = batch.entries.iter().map(|(key, _)| key.clone()).chain(batch.following);
    context.simulation.fetched(keys);
    let namespace = &context.simulation.namespace;
    let result = |(key, value)| QueryResultBytes {
        result_bytes: Kv { namespace: namespace.clone(), key, value }.encode_to_vec(),
    };
    batch.entries.into_iter().map(result).collect()
}
