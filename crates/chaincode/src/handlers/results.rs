//! Returns the results of queries in batches or as a page: `QUERY_STATE_NEXT`, `QUERY_STATE_CLOSE`.

use ccs_ledger::{BATCH_SIZE, KeyModification, KeyValue};
use ccs_proto::peer::{
    QueryMetadata, QueryResponse, QueryResponseMetadata, QueryResultBytes, QueryStateClose, QueryStateNext,
};
use ccs_proto::queryresult;
use prost::Message;

use super::{Payload, RequestError, decode_payload};
use crate::context::{Context, OpenQuery};

/// Returns the maximum number of results of a page.
pub(super) fn page_size(metadata: &QueryMetadata, limit: usize) -> usize {
    let size = usize::try_from(metadata.page_size).ok().filter(|&size| size > 0);
    size.unwrap_or(limit).min(limit)
}

/// Returns the first batch of a query. As on a peer, its ID is a version 4 UUID.
pub(super) fn first(query: OpenQuery, context: &Context) -> Payload {
    batch(uuid::Uuid::new_v4().to_string(), query, context)
}

/// Returns the next batch of an open query.
pub(super) fn next(payload: &[u8], context: &Context) -> Payload {
    let QueryStateNext { id } = decode_payload(payload)?;
    let query = context.queries().remove(&id).ok_or(RequestError::NoIterator)?;
    batch(id, query, context)
}

/// Closes a query. Unknown and finished queries are ignored.
pub(super) fn close(payload: &[u8], context: &Context) -> Payload {
    let QueryStateClose { id } = decode_payload(payload)?;
    context.queries().remove(&id);
    Ok(QueryResponse { id, ..QueryResponse::default() }.encode_to_vec())
}

/// Returns all results of a page, and the bookmark of the next one.
pub(super) fn page(results: Vec<KeyValue>, bookmark: Option<String>, context: &Context) -> Vec<u8> {
    let fetched_records_count = i32::try_from(results.len()).unwrap_or(i32::MAX);
    let metadata = QueryResponseMetadata { fetched_records_count, bookmark: bookmark.unwrap_or_default() };
    QueryResponse {
        results: key_values(results, context),
        has_more: false,
        id: uuid::Uuid::new_v4().to_string(),
        metadata: metadata.encode_to_vec(),
    }
    .encode_to_vec()
}

fn batch(id: String, mut query: OpenQuery, context: &Context) -> Payload {
    let (results, has_more) = match &mut query {
        OpenQuery::Range(range) => {
            let batch = context.simulation().next_batch(range)?;
            (key_values(batch.results, context), batch.has_more)
        }
        OpenQuery::History(history) => {
            let batch = history.next_batch()?;
            (batch.results.into_iter().map(modification).collect(), batch.has_more)
        }
        OpenQuery::Found { results: found, is_recorded } => {
            let results: Vec<_> = found.by_ref().take(BATCH_SIZE).collect();
            if *is_recorded {
                // A peer has fetched one more result by now.
                let fetched = results.iter().chain(found.as_slice().first());
                note_reads(fetched, context)?;
            }
            (key_values(results, context), found.len() > 0)
        }
    };
    if has_more {
        context.queries().insert(id.clone(), query);
    }
    Ok(QueryResponse { results, has_more, id, metadata: Vec::new() }.encode_to_vec())
}

/// Records the results of a rich query as read.
pub(super) fn note_reads<'a>(
    results: impl IntoIterator<Item = &'a KeyValue>,
    context: &Context,
) -> Result<(), RequestError> {
    let keys = results.into_iter().map(|result| result.key.as_str());
    Ok(context.simulation().record_query_reads(&context.chaincode, keys)?)
}

fn key_values(results: Vec<KeyValue>, context: &Context) -> Vec<QueryResultBytes> {
    let result = |KeyValue { key, value }| {
        let namespace = context.chaincode.clone();
        QueryResultBytes { result_bytes: queryresult::Kv { namespace, key, value }.encode_to_vec() }
    };
    results.into_iter().map(result).collect()
}

fn modification(found: KeyModification) -> QueryResultBytes {
    let modification = queryresult::KeyModification {
        tx_id: found.transaction_id,
        value: found.value,
        timestamp: Some(found.timestamp),
        is_delete: found.is_delete,
    };
    QueryResultBytes { result_bytes: modification.encode_to_vec() }
}
