//! The order of the results, as requested by `sort`.
//!
//! As in an index of CouchDB, a document that lacks one of the fields is not found. Documents whose fields are equal
//! are ordered by key, in the same direction. Source: CouchDB 3.5 `src/mango/src/mango_sort.erl`,
//! `mango_idx_view.erl`, `couch_ejson_compare.erl` (`less_json_ids`).

use std::cmp::Ordering;

use serde_json::Value;

use crate::collation::{Collation, compare_id};
use crate::document::Document;
use crate::error::{QueryError, show};
use crate::parse::check_available;
use crate::path::{FieldPath, Lookup};

/// Fields of `sort`, most significant first; empty for the order of keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sort {
    fields: Vec<(String, FieldPath)>,
    descending: bool,
}

impl Sort {
    pub(crate) fn parse(sort: &Value) -> Result<Self, QueryError> {
        let Value::Array(items) = sort else { return Err(not_a_sort(sort)) };
        let mut fields = Vec::with_capacity(items.len());
        let mut directions = Vec::with_capacity(items.len());
        for item in items {
            let (name, descending) = parse_item(item)?;
            let place = || "sort".to_owned();
            let path = FieldPath::parse(name)
                .ok_or_else(|| QueryError::FieldName { name: name.to_owned(), place: place() })?;
            check_available(&path, "sort")?;
            fields.push((name.to_owned(), path));
            directions.push(descending);
        }
        if directions.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(QueryError::MixedSort);
        }
        Ok(Self { fields, descending: directions.first().copied().unwrap_or(false) })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// Returns the values by which a document is ordered; `None` if it lacks one.
    pub(crate) fn values(&self, document: &Document) -> Option<Vec<Value>> {
        let value = |(_, path): &(String, FieldPath)| match document.lookup(path) {
            Lookup::Found(value) => Some(value.clone()),
            Lookup::Missing | Lookup::Unreachable => None,
        };
        self.fields.iter().map(value).collect()
    }

    /// Compares documents by their values, then by their keys.
    pub(crate) fn compare(
        &self,
        a: (&[Value], &str),
        b: (&[Value], &str),
        collation: &Collation,
    ) -> Ordering {
        let values = self.fields.iter().zip(a.0.iter().zip(b.0));
        let by_value = values
            .map(
                |((_, path), (a, b))| {
                    if path.is_id() { compare_id(a, b, collation) } else { collation.compare(a, b) }
                },
            )
            .find(|order| order.is_ne());
        let ascending = by_value.unwrap_or_else(|| a.1.cmp(b.1));
        if self.descending { ascending.reverse() } else { ascending }
    }
}

fn parse_item(item: &Value) -> Result<(&str, bool), QueryError> {
    match item {
        Value::String(name) => Ok((name, false)),
        Value::Object(object) if object.len() == 1 => {
            let (name, direction) = object.iter().next().ok_or_else(|| not_a_sort(item))?;
            match direction.as_str() {
                Some("asc") => Ok((name, false)),
                Some("desc") => Ok((name, true)),
                _ => Err(not_a_sort(direction)),
            }
        }
        other => Err(not_a_sort(other)),
    }
}

fn not_a_sort(found: &Value) -> QueryError {
    QueryError::KeyValue {
        key: "sort".to_owned(),
        found: format!("or holds {}", show(found)),
        expected: r#"an array of "FIELD", {"FIELD": "asc"} or {"FIELD": "desc"}"#,
    }
}
