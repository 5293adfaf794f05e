//! `GET_QUERY_RESULT`: rich queries, evaluated over the embedded state.

use ccs_ledger::{KeyValue, Scan};
use ccs_mango::{Query, Row};
use ccs_proto::peer::{GetQueryResult, QueryMetadata};

use super::results::{self, page_size};
use super::{Payload, Refusal, decode};
use crate::context::{Context, OpenQuery};

/// Answers a rich query with its first batch, or with one page.
///
/// Each key that is found is noted as read, and nothing protects against keys that come to match later.
pub(super) fn open(payload: &[u8], context: &Context) -> Payload {
    let GetQueryResult { query, collection, metadata } = decode(payload)?;
    let query = Query::parse(&query)?;
    let metadata: QueryMetadata = decode(&metadata)?;
    let is_paginated = metadata.page_size != 0 || !metadata.bookmark.is_empty();
    let limit = context.peer.limits().total_query_limit;
    let size = if is_paginated { page_size(&metadata, limit) } else { limit };
    if !collection.is_empty() {
        context.readable(&collection)?;
        let scan = context.simulation().scan_private(&context.chaincode, &collection)?;
        let found = find(&query, scan, size)?;
        return results::first(OpenQuery::Found(found.into_iter()), context);
    }
    if is_paginated {
        context.simulation().begin_paginated_query()?;
        let scan = context.simulation().scan(&context.chaincode)?;
        let page = query.page(documents(scan), size, &metadata.bookmark)?;
        let found: Vec<_> = page.rows.into_iter().map(key_value).collect();
        note(&found, context)?;
        return Ok(results::page(found, Some(page.bookmark), context));
    }
    let scan = context.simulation().scan(&context.chaincode)?;
    let found = find(&query, scan, size)?;
    note(&found, context)?;
    results::first(OpenQuery::Found(found.into_iter()), context)
}

fn find(query: &Query, scan: Scan, limit: usize) -> Result<Vec<KeyValue>, Refusal> {
    let rows = query.run(documents(scan), "")?;
    rows.take(limit).map(|row| row.map(key_value)).collect()
}

fn documents(scan: Scan) -> impl Iterator<Item = Result<(String, Vec<u8>), Refusal>> {
    scan.map(|entry| Ok(entry.map(|KeyValue { key, value }| (key, value))?))
}

fn key_value(row: Row) -> KeyValue {
    KeyValue { key: row.key, value: row.value }
}

fn note(found: &[KeyValue], context: &Context) -> Result<(), Refusal> {
    let keys = found.iter().map(|found| found.key.as_str());
    Ok(context.simulation().record_query_reads(&context.chaincode, keys)?)
}
