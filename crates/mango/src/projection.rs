//! `fields`: the parts of a document that a result contains.

use serde_json::{Map, Value};

use crate::document::Document;
use crate::error::{QueryError, show};
use crate::path::{FieldPath, Lookup};

/// Fields to return. An empty list returns none: a peer adds its own names to the list, so CouchDB never sees it
/// empty (Fabric 3.1 `statecouchdb.go`, `applyAdditionalQueryOptions`).
#[derive(Debug, Clone)]
pub(crate) struct Projection(Vec<FieldPath>);

impl Projection {
    pub(crate) fn parse(fields: &Value) -> Result<Self, QueryError> {
        let Value::Array(names) = fields else { return Err(QueryError::FieldsNotAnArray) };
        names.iter().map(parse_name).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the reduced object. It never contains the key, even if `_id` is among the fields: the peer removes
    /// what CouchDB adds, and returns the key next to the value.
    pub(crate) fn apply(&self, document: &Document) -> Map<String, Value> {
        let mut shown = Map::new();
        for path in self.0.iter().filter(|path| path.first() != Some("_id")) {
            if let Lookup::Found(value) = document.lookup(path) {
                path.set(&mut shown, value.clone());
            }
        }
        shown
    }
}

fn parse_name(name: &Value) -> Result<FieldPath, QueryError> {
    let Value::String(name) = name else {
        return Err(QueryError::KeyValue {
            key: "fields".to_owned(),
            found: format!("an array with {}", show(name)),
            expected: "an array of strings",
        });
    };
    FieldPath::parse(name)
        .ok_or_else(|| QueryError::FieldName { name: name.clone(), place: "fields".to_owned() })
}
