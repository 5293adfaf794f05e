//! What can be wrong with a query.

use serde_json::Value;

/// Tells what a query holds that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The text is not JSON.
    #[error("the query is not JSON: {0}")]
    NotJson(String),
    /// The query, or its selector, is not an object.
    #[error("{place} is {found}, not an object")]
    NotAnObject {
        /// Where: `the query`, or a place such as `selector.$and[0]`.
        place: String,
        /// What is there, such as `an array`.
        found: &'static str,
    },
    /// There is no `selector`.
    #[error("the query has no \"selector\"")]
    NoSelector,
    /// A key beside the selector that CouchDB does not have.
    #[error("the query has an unknown key {0:?}")]
    UnknownKey(String),
    /// A key that CouchDB has and that has no meaning for the state of a chaincode.
    #[error("the key {key:?} of the query is not supported: {reason}")]
    UnsupportedKey {
        /// The key.
        key: String,
        /// Why.
        reason: &'static str,
    },
    /// A key whose value has the wrong shape.
    #[error("{key:?} of the query is {found}, not {expected}")]
    KeyValue {
        /// The key.
        key: String,
        /// What is there.
        found: String,
        /// What may be there.
        expected: &'static str,
    },
    /// `fields` is not an array: in the words of Fabric 3.1 `statecouchdb.go`.
    #[error("fields definition must be an array")]
    FieldsNotAnArray,
    /// The fields of `sort` go in different directions, which CouchDB refuses too.
    #[error("\"sort\" of the query mixes \"asc\" and \"desc\"")]
    MixedSort,
    /// An operator that is none.
    #[error("unknown operator {operator:?} in {place}")]
    UnknownOperator {
        /// The operator, with its dollar sign.
        operator: String,
        /// Where it is.
        place: String,
    },
    /// An operator that CouchDB knows and cannot answer from the documents alone, or not at all.
    #[error("operator {operator:?} in {place} is not supported: {reason}")]
    UnsupportedOperator {
        /// The operator, with its dollar sign.
        operator: String,
        /// Where it is.
        place: String,
        /// Why.
        reason: &'static str,
    },
    /// An operator with an argument of the wrong shape.
    #[error("{operator:?} in {place} has {found}, not {expected}")]
    Argument {
        /// The operator, with its dollar sign.
        operator: String,
        /// Where it is.
        place: String,
        /// What is there.
        found: String,
        /// What may be there.
        expected: &'static str,
    },
    /// An operator that compares, where no field is named.
    #[error("{operator:?} in {place} is not below a field")]
    NoField {
        /// The operator, with its dollar sign.
        operator: String,
        /// Where it is.
        place: String,
    },
    /// An empty object among the parts of `$and`, `$or`, `$nor` or `$not`: only a document without fields equals it.
    #[error("{0} is an empty selector, which matches no document")]
    EmptyPart(String),
    /// A field name with an empty part.
    #[error("field name {name:?} in {place} has an empty part")]
    FieldName {
        /// The name as written.
        name: String,
        /// Where it is.
        place: String,
    },
    /// A field that only CouchDB or the peer adds to a document.
    #[error("field {name:?} in {place} is not part of the state")]
    UnavailableField {
        /// The first part of the name.
        name: String,
        /// Where it is.
        place: String,
    },
    /// A regular expression that cannot be compiled.
    #[error("regular expression in {place} cannot be used: {reason}")]
    Regex {
        /// Where it is.
        place: String,
        /// What the compiler of expressions says, on one line.
        reason: String,
    },
    /// A bookmark that is none of ours, or that of another query.
    #[error("the bookmark {bookmark:?} {reason}")]
    Bookmark {
        /// The bookmark as given.
        bookmark: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The collation data compiled into this program cannot be used.
    #[error("cannot load the collation of strings: {0}")]
    Collation(String),
}

impl QueryError {
    /// Says what to change.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotJson(_) | Self::NotAnObject { .. } | Self::NoSelector => {
                r#"write {"selector": {"FIELD": VALUE}}; {"selector": {}} finds everything"#
            }
            Self::UnknownKey(_) => {
                "the keys are selector, fields, sort, limit, skip, bookmark, use_index and CouchDB's settings of a read"
            }
            Self::FieldsNotAnArray => r#"write "fields": ["NAME", ...], or leave it out for whole documents"#,
            Self::MixedSort => "sort all fields in the same direction; CouchDB cannot mix them either",
            Self::UnknownOperator { operator, .. } => return Some(operator_hint(operator)),
            Self::UnsupportedOperator { operator, .. } if operator == "$nor" => {
                r#"write {"$not": {"$or": [...]}} in its place"#
            }
            Self::NoField { .. } => r#"name the field: {"FIELD": {"$gt": VALUE}}"#,
            Self::EmptyPart(_) => "leave the empty object out",
            Self::FieldName { .. } => {
                r"a dot parts the names of nested objects; write \\. for a dot in a name"
            }
            Self::UnavailableField { .. } => "a state is selected by its own fields, or by its key as _id",
            Self::Regex { .. } => {
                "look-around, back references and classes beyond ASCII, which CouchDB's PCRE has, are not available"
            }
            Self::Bookmark { .. } => {
                "pass the bookmark of the page before, unchanged and with the same query"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

fn operator_hint(operator: &str) -> String {
    let near = OPERATORS.iter().find(|known| known.eq_ignore_ascii_case(operator));
    match near {
        Some(known) => format!("did you mean {known:?}?"),
        None => format!("the operators are {}", OPERATORS.join(", ")),
    }
}

const OPERATORS: [&str; 22] = [
    "$lt",
    "$lte",
    "$eq",
    "$ne",
    "$gte",
    "$gt",
    "$exists",
    "$type",
    "$in",
    "$nin",
    "$size",
    "$mod",
    "$regex",
    "$beginsWith",
    "$all",
    "$elemMatch",
    "$allMatch",
    "$keyMapMatch",
    "$and",
    "$or",
    "$nor",
    "$not",
];

/// Names the kind of a value, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Shows a small value itself, and of any other the kind.
pub(crate) fn show(value: &Value) -> String {
    let text = match value {
        Value::Number(_) | Value::String(_) | Value::Bool(_) => value.to_string(),
        _ => return kind(value).to_owned(),
    };
    if text.len() > 40 { kind(value).to_owned() } else { text }
}
