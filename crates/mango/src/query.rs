//! A query: the selector and the other keys.
//!
//! Source of the keys: CouchDB 3.5 `src/mango/src/mango_opts.erl` (`validate_find`).

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::bookmark::{Bookmark, fingerprint};
use crate::collation::Collation;
use crate::document::Document;
use crate::error::{QueryError, kind, show};
use crate::parse;
use crate::projection::Projection;
use crate::selector::{Selector, Subject};
use crate::sort::Sort;

/// Rich query that was checked and can be run on documents.
#[derive(Debug, Clone)]
pub struct Query {
    selector: Selector,
    sort: Sort,
    projection: Option<Projection>,
    limit: Option<u64>,
    skip: u64,
    bookmark: Option<String>,
    use_index: Vec<String>,
    fingerprint: String,
    collation: Collation,
}

impl Query {
    /// Parses the query string of a chaincode.
    pub fn parse(query: &str) -> Result<Self, QueryError> {
        let query = serde_json::from_str(query).map_err(|error| QueryError::NotJson(error.to_string()))?;
        let query = match query {
            Value::Object(query) => query,
            other => return Err(not_an_object("the query", &other)),
        };
        // Parsed first, as on a peer: Fabric's error precedes those of CouchDB.
        let projection = query.get("fields").map(Projection::parse).transpose()?;
        let selector_value = query.get("selector").ok_or(QueryError::NoSelector)?;
        let selector = match selector_value {
            Value::Object(selector) => parse::selector(selector)?,
            other => return Err(not_an_object("selector", other)),
        };
        for (key, value) in &query {
            check_setting(key, value)?;
        }
        Ok(Self {
            selector,
            sort: query.get("sort").map(Sort::parse).transpose()?.unwrap_or_default(),
            projection,
            limit: count(&query, "limit")?,
            skip: count(&query, "skip")?.unwrap_or_default(),
            bookmark: bookmark(&query)?,
            use_index: query.get("use_index").map(index_name).transpose()?.unwrap_or_default(),
            fingerprint: fingerprint(selector_value, query.get("sort")),
            collation: Collation::new()?,
        })
    }

    /// Returns whether the selector matches a document.
    #[must_use]
    pub fn matches(&self, document: &Document) -> bool {
        self.selector.matches(Subject::Document(document), &self.collation)
    }

    /// Compares two documents by `sort` and then by key.
    ///
    /// A document that lacks a field of `sort` sorts first; [`run`](Self::run) omits it, like CouchDB.
    #[must_use]
    pub fn compare(&self, a: &Document, b: &Document) -> Ordering {
        match (self.sort.values(a), self.sort.values(b)) {
            (Some(a_values), Some(b_values)) => {
                self.compare_values((&a_values, a.key()), (&b_values, b.key()))
            }
            (None, None) => a.key().cmp(b.key()),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    /// Returns the part of a document that `fields` selects; `None` if the query asks for whole documents.
    #[must_use]
    pub fn project(&self, document: &Document) -> Option<Map<String, Value>> {
        self.projection.as_ref().map(|projection| projection.apply(document))
    }

    /// Returns the `limit` of the query. A peer replaces it with its own, and so never uses it.
    #[must_use]
    pub fn limit(&self) -> Option<u64> {
        self.limit
    }

    /// Returns the number of results to skip, on each page again.
    #[must_use]
    pub fn skip(&self) -> u64 {
        self.skip
    }

    /// Returns the names in `sort`. CouchDB requires an index with these names in the same order.
    pub fn sort_fields(&self) -> impl Iterator<Item = &str> {
        self.sort.names()
    }

    /// Returns the design document in `use_index`, and the index if it is named.
    #[must_use]
    pub fn use_index(&self) -> &[String] {
        &self.use_index
    }

    pub(crate) fn is_sorted(&self) -> bool {
        !self.sort.is_empty()
    }

    pub(crate) fn sort_values(&self, document: &Document) -> Option<Vec<Value>> {
        self.sort.values(document)
    }

    pub(crate) fn compare_values(&self, a: (&[Value], &str), b: (&[Value], &str)) -> Ordering {
        self.sort.compare(a, b, &self.collation)
    }

    /// Decodes a caller's bookmark, or that of the query if the caller has none.
    pub(crate) fn start(&self, bookmark: &str) -> Result<Option<Bookmark>, QueryError> {
        let text = if bookmark.is_empty() { self.bookmark.as_deref().unwrap_or_default() } else { bookmark };
        Bookmark::decode(text, self.sort.names().count(), &self.fingerprint)
    }

    pub(crate) fn write_bookmark(&self, values: &[Value], key: &str) -> String {
        Bookmark::encode(values, key, &self.fingerprint)
    }
}

fn not_an_object(place: &str, value: &Value) -> QueryError {
    QueryError::NotAnObject { place: place.to_owned(), found: kind(value) }
}

fn key_value(key: &str, value: &Value, expected: &'static str) -> QueryError {
    QueryError::KeyValue { key: key.to_owned(), found: show(value), expected }
}

/// Checks the keys that control how CouchDB reads, which have no effect here. Other keys are read where they are
/// used.
fn check_setting(key: &str, value: &Value) -> Result<(), QueryError> {
    let (is_right, expected) = match key {
        "selector" | "fields" | "sort" | "limit" | "skip" | "bookmark" | "use_index" => return Ok(()),
        "conflicts" | "update" | "stable" | "execution_stats" | "allow_fallback" => {
            (value.is_boolean(), "true or false")
        }
        "r" => (value.as_u64().is_some_and(|count| count > 0), "a whole number from 1"),
        "stale" => (*value == Value::Bool(false) || *value == "ok" || *value == "false", r#""ok" or false"#),
        "partition" => {
            let reason = "the databases of a peer are not partitioned";
            return Err(QueryError::UnsupportedKey { key: key.to_owned(), reason });
        }
        _ => return Err(QueryError::UnknownKey(key.to_owned())),
    };
    if is_right { Ok(()) } else { Err(key_value(key, value, expected)) }
}

fn count(query: &Map<String, Value>, key: &str) -> Result<Option<u64>, QueryError> {
    let read = |value: &Value| value.as_u64().ok_or_else(|| key_value(key, value, "a whole number from 0"));
    query.get(key).map(read).transpose()
}

fn bookmark(query: &Map<String, Value>) -> Result<Option<String>, QueryError> {
    match query.get("bookmark") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(key_value("bookmark", other, "a string")),
    }
}

fn index_name(value: &Value) -> Result<Vec<String>, QueryError> {
    let names = match value {
        Value::Null => Some(Vec::new()),
        Value::String(name) => {
            let name = name.strip_prefix("_design/").unwrap_or(name);
            Some(name.splitn(2, '/').map(str::to_owned).collect())
        }
        Value::Array(names) if names.len() <= 2 => {
            names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
        }
        _ => None,
    };
    names.ok_or_else(|| {
        key_value("use_index", value, "a design document's name, or its and an index's in an array")
    })
}
