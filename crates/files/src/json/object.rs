//! Access to an object's fields, by Go's rules for filling a struct or a map.

use super::{Json, Kind, string};

/// The members of an object, in the order of the document.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    members: Vec<(String, Json<'a>)>,
}

/// The error for a field whose value has the wrong type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("key {key} holds {found}, not {expected}")]
pub struct TypeError {
    /// The field's name.
    pub key: String,
    /// The expected type, with its article.
    pub expected: &'static str,
    /// The actual type.
    pub found: Kind,
}

impl<'a> Object<'a> {
    pub(super) fn new(object: Json<'a>) -> Self {
        Self { members: object.members().collect() }
    }

    /// Iterates over all members, including duplicates and all spellings.
    pub fn members(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.members.iter().map(|(key, value)| (key.as_str(), *value))
    }

    /// Iterates over the members that Go would store in the struct field `name`, which must be ASCII.
    pub fn all(&self, name: &str) -> impl Iterator<Item = Json<'a>> {
        self.members.iter().filter(move |(key, _)| string::names(key, name)).map(|(_, value)| *value)
    }

    /// Iterates over the members that Go would store in none of the struct fields `names`.
    pub fn others(&self, names: &[&str]) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.members().filter(|(key, _)| !names.iter().any(|name| string::names(key, name)))
    }

    /// Returns the value that Go would store in a map under exactly this key: the last one.
    #[must_use]
    pub fn exactly(&self, key: &str) -> Option<Json<'a>> {
        self.members.iter().rev().find(|(found, _)| found == key).map(|(_, value)| *value)
    }

    /// Returns the string that Go would store in the struct field `name`; [`None`] if it is absent or null.
    pub fn string(&self, name: &str) -> Result<Option<String>, TypeError> {
        self.field(name, "a string", Json::as_str)
    }

    /// Returns the boolean that Go would store in the struct field `name`; [`None`] if it is absent or null.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, TypeError> {
        self.field(name, "a boolean", Json::as_bool)
    }

    /// Reads a field with `read`: returns the last value that is not null, and fails if any value is invalid.
    pub fn field<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl Fn(Json<'a>) -> Option<T>,
    ) -> Result<Option<T>, TypeError> {
        let mut last = None;
        for value in self.all(name).filter(|value| value.kind() != Kind::Null) {
            let wrong = || TypeError { key: name.to_owned(), expected, found: value.kind() };
            last = Some(read(value).ok_or_else(wrong)?);
        }
        Ok(last)
    }
}
