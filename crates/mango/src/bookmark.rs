//! Bookmarks, which mark the start of a query's next page.
//!
//! A bookmark contains the values and the key of the last result instead of a count, so that added or deleted results
//! before that position neither repeat nor hide others. It also identifies its query, so that other queries reject
//! it.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::error::QueryError;

/// Bookmark that CouchDB returns for a page without results, if the request had no bookmark.
pub(crate) const NONE: &str = "nil";

/// Position in the order of the results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bookmark {
    pub(crate) values: Vec<Value>,
    pub(crate) key: String,
}

impl Bookmark {
    /// Encodes `["FINGERPRINT", [VALUES], "KEY"]` in hexadecimal.
    pub(crate) fn encode(values: &[Value], key: &str, fingerprint: &str) -> String {
        hex::encode(serde_json::json!([fingerprint, values, key]).to_string())
    }

    /// Decodes a bookmark; `None` is the start.
    pub(crate) fn decode(
        text: &str,
        sort_fields: usize,
        fingerprint: &str,
    ) -> Result<Option<Self>, QueryError> {
        if text.is_empty() || text == NONE {
            return Ok(None);
        }
        let error = |reason| QueryError::Bookmark { bookmark: abridged(text), reason };
        let parts = hex::decode(text).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let (of_query, values, key): (String, Vec<Value>, String) =
            parts.ok_or_else(|| error("is not a bookmark of this peer"))?;
        if of_query != fingerprint || values.len() != sort_fields {
            return Err(error("belongs to another query"));
        }
        Ok(Some(Self { values, key }))
    }
}

fn abridged(text: &str) -> String {
    const SHOWN: usize = 24;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Returns a fingerprint of the parts of a query that determine its results and their order.
pub(crate) fn fingerprint(selector: &Value, sort: Option<&Value>) -> String {
    let digest = Sha256::digest(serde_json::json!([selector, sort]).to_string());
    hex::encode(&digest[..8])
}
