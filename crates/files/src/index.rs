//! CouchDB index definitions: their places in `META-INF/statedb` and their content.
//!
//! The rules are those of `peer lifecycle chaincode package` (Fabric 3.1 `internal/ccmetadata/validators.go`), which
//! does not check a package made with other tools. On a peer, an invalid index results only in a line in its log and a
//! missing index.

use crate::json::{self, Json, Kind, SyntaxError};

/// The reason why a path under META-INF is not the path of an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The state database is not CouchDB.
    #[error("statedb/{0} is not a state database that has indexes")]
    Database(String),
    /// The file is in a folder that is not for indexes.
    #[error("the file is not in a folder of indexes")]
    Folder,
    /// The folder's name is not a valid collection name.
    #[error("{0:?} is not a collection name")]
    Collection(String),
    /// The file name does not contain `.json`.
    #[error("the file name has no .json in it")]
    Name,
}

impl PathError {
    /// Returns where indexes belong.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(
            "put indexes in META-INF/statedb/couchdb/indexes/NAME.json \
             or META-INF/statedb/couchdb/collections/COLLECTION/indexes/NAME.json"
                .to_owned(),
        )
    }
}

/// The reason why a file is not a valid index definition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It is JSON, but not an object.
    #[error("the document is {0}, not an object")]
    NotAnObject(Kind),
    /// The key `index` is missing.
    #[error("the key index is missing")]
    NoIndex,
    /// The definition has an unknown key.
    #[error("the key {0:?} is not one of an index definition")]
    UnknownKey(String),
    /// The value of a key has the wrong type.
    #[error("the key {key} holds {found}, not {expected}")]
    Type {
        /// The key, with its path.
        key: &'static str,
        /// The expected type.
        expected: &'static str,
        /// The actual type.
        found: String,
    },
}

impl IndexError {
    /// Returns an example of a definition.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax(error) if error.hint().is_some() => error.hint(),
            _ => Some(
                r#"an index looks like {"index":{"fields":["owner"]},"ddoc":"ownerDoc","name":"byOwner","type":"json"}"#
                    .to_owned(),
            ),
        }
    }
}

/// Checks the path of a file; `path` is relative to META-INF, with `/`, and begins with `statedb/`.
///
/// As in Fabric, only the start of the path is compared: `indexes/x.json.bak` and subfolders of `indexes` are
/// accepted.
pub fn check_path(path: &str) -> Result<(), PathError> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["statedb", "couchdb", "indexes", name @ ..] => check_name(name),
        ["statedb", "couchdb", "collections", collection, "indexes", name @ ..] => {
            check_collection(collection)?;
            check_name(name)
        }
        ["statedb", "couchdb", ..] | ["statedb", _] => Err(PathError::Folder),
        ["statedb", database, ..] => Err(PathError::Database((*database).to_owned())),
        _ => Err(PathError::Folder),
    }
}

fn check_name(parts: &[&str]) -> Result<(), PathError> {
    match parts {
        [] => Err(PathError::Folder),
        // Fabric's name pattern, `.*[.]json`, may match any part of the rest.
        parts if parts.iter().any(|part| part.contains(".json")) => Ok(()),
        _ => Err(PathError::Name),
    }
}

fn check_collection(name: &str) -> Result<(), PathError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(allowed) {
        Ok(())
    } else {
        Err(PathError::Collection(name.to_owned()))
    }
}

/// Checks the content of an index definition.
pub fn check(content: &[u8]) -> Result<(), IndexError> {
    let json = json::parse(content)?;
    let object = json.as_object().ok_or(IndexError::NotAnObject(json.kind()))?;
    for (key, value) in object.members() {
        match key {
            "index" => check_fields(value)?,
            "ddoc" => expect(value, "ddoc", Kind::String)?,
            "name" => expect(value, "name", Kind::String)?,
            "type" if value.as_str().as_deref() == Some("json") => {}
            "type" => {
                return Err(IndexError::Type { key: "type", expected: "\"json\"", found: shown(value) });
            }
            other => return Err(IndexError::UnknownKey(other.chars().take(60).collect())),
        }
    }
    if object.exactly("index").is_some() { Ok(()) } else { Err(IndexError::NoIndex) }
}

fn check_fields(index: Json<'_>) -> Result<(), IndexError> {
    expect(index, "index", Kind::Object)?;
    for (key, value) in index.members() {
        match key.as_str() {
            "fields" => {
                expect(value, "index.fields", Kind::Array)?;
                value.elements().try_for_each(check_sort)?;
            }
            "partial_filter_selector" => {}
            other => {
                return Err(IndexError::UnknownKey(format!(
                    "index.{}",
                    other.chars().take(60).collect::<String>()
                )));
            }
        }
    }
    Ok(())
}

/// Checks a field: a name, or an object whose values are sort directions. As in Fabric, other types are accepted.
fn check_sort(field: Json<'_>) -> Result<(), IndexError> {
    for (_, direction) in field.members() {
        let is_direction =
            direction.as_str().is_some_and(|text| matches!(text.to_lowercase().as_str(), "asc" | "desc"));
        if !is_direction {
            let expected = "\"asc\" or \"desc\"";
            return Err(IndexError::Type { key: "index.fields", expected, found: shown(direction) });
        }
    }
    Ok(())
}

fn expect(value: Json<'_>, key: &'static str, kind: Kind) -> Result<(), IndexError> {
    if value.kind() == kind {
        return Ok(());
    }
    let expected = match kind {
        Kind::Object => "an object",
        Kind::Array => "an array",
        _ => "a string",
    };
    Err(IndexError::Type { key, expected, found: value.kind().to_string() })
}

/// Returns the text of a string, or the type of any other value.
fn shown(value: Json<'_>) -> String {
    value.as_str().map_or_else(
        || value.kind().to_string(),
        |text| format!("{:?}", text.chars().take(40).collect::<String>()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_follow_the_packagers_rules() {
        for good in [
            "statedb/couchdb/indexes/byOwner.json",
            "statedb/couchdb/indexes/x.json.bak",
            "statedb/couchdb/indexes/deep/x.json",
            "statedb/couchdb/collections/my-Coll_1/indexes/x.json",
        ] {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
        for (bad, message) in [
            ("statedb/x.json", "the file is not in a folder of indexes"),
            ("statedb/couchdb/x.json", "the file is not in a folder of indexes"),
            ("statedb/couchdb/index/x.json", "the file is not in a folder of indexes"),
            ("statedb/couchdb/collections/indexes/x.json", "the file is not in a folder of indexes"),
            ("statedb/couchdb/collections/c/index/x.json", "the file is not in a folder of indexes"),
            (
                "statedb/goleveldb/indexes/x.json",
                "statedb/goleveldb is not a state database that has indexes",
            ),
            ("statedb/couchdb/collections/a.b/indexes/x.json", "\"a.b\" is not a collection name"),
            ("statedb/couchdb/indexes/README.txt", "the file name has no .json in it"),
        ] {
            assert_eq!(check_path(bad).unwrap_err().to_string(), message, "{bad}");
        }
    }

    #[test]
    fn definitions_follow_the_packagers_rules() {
        for good in [
            r#"{"index":{"fields":["owner","size"]},"ddoc":"d","name":"n","type":"json"}"#,
            r#"{"index":{"fields":[{"size":"DESC"},1,null]}}"#,
            r#"{"index":{"partial_filter_selector":{"a":1}}}"#,
            r#"{"index":{}}"#,
        ] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
        for (bad, message) in [
            ("[]", "the document is an array, not an object"),
            ("{}", "the key index is missing"),
            (r#"{"ddoc":"d"}"#, "the key index is missing"),
            (r#"{"index":null}"#, "the key index holds null, not an object"),
            (r#"{"index":{"fields":"a"}}"#, "the key index.fields holds a string, not an array"),
            (
                r#"{"index":{"fields":[{"a":"up"}]}}"#,
                "the key index.fields holds \"up\", not \"asc\" or \"desc\"",
            ),
            (r#"{"index":{"field":[]}}"#, "the key \"index.field\" is not one of an index definition"),
            (r#"{"index":{},"type":"text"}"#, "the key type holds \"text\", not \"json\""),
            (r#"{"index":{},"type":1}"#, "the key type holds a number, not \"json\""),
            (r#"{"index":{},"name":null}"#, "the key name holds null, not a string"),
            (r#"{"index":{},"Ddoc":"d"}"#, "the key \"Ddoc\" is not one of an index definition"),
            ("{", "line 1, column 2: the document ends where a key or '}' should be"),
        ] {
            assert_eq!(check(bad.as_bytes()).unwrap_err().to_string(), message, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_the_checks_panic(path in "[a-z/.]{0,60}|(statedb|couchdb|/|indexes|collections|c){0,9}", text in any::<String>()) {
            let _ = (check_path(&path), check(text.as_bytes()));
        }
    }
}
