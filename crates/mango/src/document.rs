//! A state that a query can find: a key and a JSON object.

use serde_json::{Map, Value};

use crate::path::{FieldPath, Lookup, lookup};

/// A key and the JSON object stored under it.
///
/// Rich queries never find other values of a state, such as JSON of another type, or bytes that are not JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    id: Value,
    fields: Map<String, Value>,
}

impl Document {
    /// Creates a document from its parts.
    #[must_use]
    pub fn new(key: impl Into<String>, fields: Map<String, Value>) -> Self {
        Self { id: Value::String(key.into()), fields }
    }

    /// Parses the value of a state; `None` if it is not a JSON object.
    #[must_use]
    pub fn read(key: impl Into<String>, value: &[u8]) -> Option<Self> {
        // Avoid parsing values that cannot be objects.
        if value.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return None;
        }
        serde_json::from_slice(value).ok().map(|fields| Self::new(key, fields))
    }

    /// Returns the key, which selectors call `_id`.
    #[must_use]
    pub fn key(&self) -> &str {
        self.id.as_str().unwrap_or_default()
    }

    pub(crate) fn lookup(&self, path: &FieldPath) -> Lookup<'_> {
        match path.split_first() {
            None => Lookup::Unreachable,
            Some(("_id", rest)) => lookup(&self.id, rest),
            Some((name, rest)) => self.fields.get(name).map_or(Lookup::Missing, |value| lookup(value, rest)),
        }
    }
}
