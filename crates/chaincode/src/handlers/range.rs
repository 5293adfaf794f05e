//! `GET_STATE_BY_RANGE`.

use ccs_proto::peer::{GetStateByRange, QueryMetadata};

use super::results::{self, page_size};
use super::{Payload, decode_payload};
use crate::context::{Context, OpenQuery};

/// Answers a range query with its first batch, or with one page.
pub(super) fn open(payload: &[u8], context: &Context) -> Payload {
    let GetStateByRange { start_key, end_key, collection, metadata } = decode_payload(payload)?;
    let metadata: QueryMetadata = decode_payload(&metadata)?;
    let is_paginated = metadata.page_size != 0 || !metadata.bookmark.is_empty();
    let limit = context.query_limit;
    if !collection.is_empty() {
        context.readable(&collection)?;
        // Of the page's metadata, only the size applies here, and no bookmark is returned.
        let limit = if is_paginated { page_size(&metadata, limit) } else { limit };
        let place = (context.chaincode.as_str(), collection.as_str());
        let query = context.simulation().range_private(place, &start_key, &end_key, limit)?;
        return results::first(OpenQuery::Range(query), context);
    }
    if is_paginated {
        let size = page_size(&metadata, limit);
        let keys = (start_key.as_str(), end_key.as_str());
        let page = context.simulation().range_page(&context.chaincode, keys, size, &metadata.bookmark)?;
        // At the end of the range, a peer with CouchDB returns the range's end as the bookmark, and one with LevelDB
        // an empty bookmark.
        let bookmark = page.bookmark.or_else(|| context.channel.mirror().map(|_| end_key.clone()));
        return Ok(results::page(page.results, bookmark, context));
    }
    let query = context.simulation().range(&context.chaincode, &start_key, &end_key, limit)?;
    results::first(OpenQuery::Range(query), context)
}
