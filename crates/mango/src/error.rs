//! Errors in queries.

use serde_json::Value;

/// Error in a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The text is not JSON.
    #[error("the query is not JSON: {0}")]
    NotJson(String),
    /// The query, or its selector, is not an object.
    #[error("{place} is {found}, not an object")]
    NotAnObject {
        /// Location: `the query`, or for example `selector.$and[0]`.
        place: String,
        /// Type of the value, such as `an array`.
        found: &'static str,
    },
    /// The query has no `selector`.
    #[error("the query has no \"selector\"")]
    NoSelector,
    /// A key of the query that CouchDB does not know.
    #[error("the query has an unknown key {0:?}")]
    UnknownKey(String),
    /// A key that CouchDB supports, but that has no meaning for the state of a chaincode.
    #[error("the key {key:?} of the query is not supported: {reason}")]
    UnsupportedKey {
        /// Name of the key.
        key: String,
        /// Reason why it is not supported.
        reason: &'static str,
    },
    /// A key whose value has the wrong type.
    #[error("{key:?} of the query is {found}, not {expected}")]
    KeyValue {
        /// Name of the key.
        key: String,
        /// Value that was found.
        found: String,
        /// Expected value.
        expected: &'static str,
    },
    /// `fields` is not an array. The text is that of Fabric 3.1 `statecouchdb.go`.
    #[error("fields definition must be an array")]
    FieldsNotAnArray,
    /// The fields of `sort` have different directions, which CouchDB rejects as well.
    #[error("\"sort\" of the query mixes \"asc\" and \"desc\"")]
    MixedSort,
    /// An unknown operator.
    #[error("unknown operator {operator:?} in {place}")]
    UnknownOperator {
        /// Operator, with its dollar sign.
        operator: String,
        /// Location of the operator.
        place: String,
    },
    /// An operator that CouchDB knows, but that cannot be answered from the documents alone, or not at all.
    #[error("operator {operator:?} in {place} is not supported: {reason}")]
    UnsupportedOperator {
        /// Operator, with its dollar sign.
        operator: String,
        /// Location of the operator.
        place: String,
        /// Reason why it is not supported.
        reason: &'static str,
    },
    /// An operator whose argument has the wrong type.
    #[error("{operator:?} in {place} has {found}, not {expected}")]
    Argument {
        /// Operator, with its dollar sign.
        operator: String,
        /// Location of the operator.
        place: String,
        /// Value that was found.
        found: String,
        /// Expected value.
        expected: &'static str,
    },
    /// A comparison operator that is not below a field.
    #[error("{operator:?} in {place} is not below a field")]
    NoField {
        /// Operator, with its dollar sign.
        operator: String,
        /// Location of the operator.
        place: String,
    },
    /// An empty object in `$and`, `$or`, `$nor` or `$not`: only a document without fields equals it.
    #[error("{0} is an empty selector, which matches no document")]
    EmptyPart(String),
    /// A field name with an empty part.
    #[error("field name {name:?} in {place} has an empty part")]
    FieldName {
        /// Name as written.
        name: String,
        /// Location of the name.
        place: String,
    },
    /// A field that is not part of the state, but is added by CouchDB or the peer.
    #[error("field {name:?} in {place} is not part of the state")]
    UnavailableField {
        /// First part of the name.
        name: String,
        /// Location of the name.
        place: String,
    },
    /// A regular expression that cannot be compiled.
    #[error("regular expression in {place} cannot be used: {reason}")]
    Regex {
        /// Location of the expression.
        place: String,
        /// Error of the regex compiler, on one line.
        reason: String,
    },
    /// A bookmark that is invalid, or belongs to another query.
    #[error("the bookmark {bookmark:?} {reason}")]
    Bookmark {
        /// The given bookmark.
        bookmark: String,
        /// Description of the error.
        reason: &'static str,
    },
    /// The collation data compiled into this program cannot be used.
    #[error("cannot load the collation of strings: {0}")]
    Collation(String),
}

impl QueryError {
    /// Returns the next step for the user.
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
                r#"write {"$not": {"$or": [...]}} instead"#
            }
            Self::NoField { .. } => r#"name the field: {"FIELD": {"$gt": VALUE}}"#,
            Self::EmptyPart(_) => "leave the empty object out",
            Self::FieldName { .. } => {
                r"a dot separates the names of nested objects; write \\. for a dot in a name"
            }
            Self::UnavailableField { .. } => "a state is selected by its own fields, or by its key as _id",
            Self::Regex { .. } => {
                "look-around, back references and classes beyond ASCII, which CouchDB's PCRE supports, are not available"
            }
            Self::Bookmark { .. } => {
                "pass the bookmark of the previous page, unchanged and with the same query"
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

/// Returns the type of a value, for messages.
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

/// Returns a small value itself, and the type of any other.
pub(crate) fn show(value: &Value) -> String {
    let text = match value {
        Value::Number(_) | Value::String(_) | Value::Bool(_) => value.to_string(),
        _ => return kind(value).to_owned(),
    };
    if text.len() > 40 { kind(value).to_owned() } else { text }
}
