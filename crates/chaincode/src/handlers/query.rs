//! `GET_QUERY_RESULT`: rich queries, evaluated on the embedded state or on its copy in CouchDB.

use std::sync::Arc;

use ccs_ledger::{KeyValue, Namespace, Scan};
use ccs_mango::{Document, Query, Row};
use ccs_proto::peer::{GetQueryResult, QueryMetadata};

use super::results::{self, page_size};
use super::{Payload, RequestError, decode_payload, off_worker};
use crate::context::{Context, OpenQuery};

/// Answers a rich query with its first batch, or with one page.
///
/// Records each returned key as read. As in Fabric, nothing protects against keys that match later.
pub(super) async fn open(payload: &[u8], context: &Arc<Context>) -> Payload {
    let GetQueryResult { query, collection, metadata } = decode_payload(payload)?;
    let metadata: QueryMetadata = decode_payload(&metadata)?;
    let is_paginated = metadata.page_size != 0 || !metadata.bookmark.is_empty();
    let limit = context.query_limit;
    let size = if is_paginated { page_size(&metadata, limit) } else { limit };
    if !collection.is_empty() {
        context.readable(&collection)?;
        // Of the page's metadata, only the size applies here, and no bookmark is returned.
        let (found, _) = private(context, &collection, query, size).await?;
        return results::first(OpenQuery::Found { results: found.into_iter(), is_recorded: false }, context);
    }
    let bookmark = if is_paginated {
        context.simulation().begin_paginated_query()?;
        metadata.bookmark
    } else {
        String::new()
    };
    let (found, bookmark) = public(context, query, size, bookmark).await?;
    if is_paginated {
        results::note_reads(&found, context)?;
        return Ok(results::page(found, Some(bookmark), context));
    }
    results::first(OpenQuery::Found { results: found.into_iter(), is_recorded: true }, context)
}

/// Results of a query, and the bookmark to continue from.
type Found = (Vec<KeyValue>, String);

async fn public(
    context: &Arc<Context>,
    query: String,
    size: usize,
    bookmark: String,
) -> Result<Found, RequestError> {
    let namespace = &context.chaincode;
    let Some(mirror) = context.channel.mirror() else {
        let scan = context.simulation().scan(namespace)?;
        return off_worker(move || embedded(&query, scan, size, &bookmark)).await;
    };
    let parsed = Query::parse(&query)?;
    let found = mirror.find(namespace, &query, size, &bookmark).await?;
    values(context, namespace.clone(), parsed, found).await
}

async fn private(
    context: &Arc<Context>,
    collection: &str,
    query: String,
    size: usize,
) -> Result<Found, RequestError> {
    let namespace = &context.chaincode;
    let scan = context.simulation().scan_private(namespace, collection)?;
    let Some(mirror) = context.channel.mirror() else {
        return off_worker(move || embedded(&query, scan, size, "")).await;
    };
    let parsed = Query::parse(&query)?;
    let namespace = Namespace::Private { chaincode: namespace, collection }.to_string();
    let found = mirror.find(&namespace, &query, size, "").await?;
    values(context, namespace, parsed, found).await
}

/// Reads the values of keys found in the copy, which may be ahead of the state that this transaction sees.
async fn values(
    context: &Arc<Context>,
    namespace: String,
    query: Query,
    found: ccs_couchdb::Found,
) -> Result<Found, RequestError> {
    let context = Arc::clone(context);
    let read = move || {
        let simulation = context.simulation();
        let mut values = Vec::new();
        for key in found.keys {
            if let Some(value) = simulation.peek(&namespace, &key)? {
                values.push(shown(&query, key, value));
            }
        }
        Ok((values, found.bookmark))
    };
    off_worker(read).await
}

/// Returns a value in the form that the query asks for: complete, or reduced to the named fields.
fn shown(query: &Query, key: String, value: Vec<u8>) -> KeyValue {
    let document = Document::read(key.as_str(), &value);
    let fields = document.and_then(|document| query.project(&document));
    let value = fields.map_or(value, |fields| serde_json::Value::Object(fields).to_string().into_bytes());
    KeyValue { key, value }
}

fn embedded(query: &str, scan: Scan, size: usize, bookmark: &str) -> Result<Found, RequestError> {
    let page = Query::parse(query)?.page(documents(scan), size, bookmark)?;
    Ok((page.rows.into_iter().map(key_value).collect(), page.bookmark))
}

fn documents(scan: Scan) -> impl Iterator<Item = Result<(String, Vec<u8>), RequestError>> {
    scan.map(|entry| Ok(entry.map(|KeyValue { key, value }| (key, value))?))
}

fn key_value(row: Row) -> KeyValue {
    KeyValue { key: row.key, value: row.value }
}
