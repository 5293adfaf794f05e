//! Selectors: fields and their conditions, joined by `$and`, `$or`, `$nor` and `$not`.
//!
//! CouchDB moves every negation down to the conditions before it looks at a document (3.5
//! `src/mango/src/mango_selector.erl`, `norm_negations`). So the opposite of "price is above 10" is "price is at most
//! 10", and a document without a price matches neither. Only inside `$elemMatch`, `$allMatch` and `$keyMapMatch` is
//! `$not` left where it is, and there an element without the field does match.

use serde_json::{Map, Value};

use crate::collation::Collation;
use crate::condition::{Condition, Order};
use crate::document::Document;
use crate::error::{QueryError, kind};
use crate::path::{FieldPath, Lookup};

/// A condition on a whole document or element.
#[derive(Debug, Clone)]
pub(crate) enum Selector {
    Field(FieldPath, Condition),
    All(Vec<Selector>),
    /// One of them, or there is none: CouchDB takes an empty `$or` for true.
    Any(Vec<Selector>),
    /// Only inside an element.
    Not(Box<Selector>),
}

/// What a selector is asked about.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    Document(&'a Document),
    Element(&'a Value),
}

impl<'a> Subject<'a> {
    fn lookup(self, path: &FieldPath) -> Lookup<'a> {
        match self {
            Self::Document(document) => document.lookup(path),
            Self::Element(element) => path.lookup(element),
        }
    }
}

/// Where in a query a part of the selector stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The field that all conditions here are about, as far as it is named yet.
    path: &'a FieldPath,
    /// Whether this is about an element, which needs no name, and not about a document.
    in_element: bool,
    /// For messages: `selector.$and[0].owner`.
    pub(crate) place: &'a str,
}

impl Scope<'_> {
    pub(crate) fn inner(self, step: &str) -> String {
        format!("{}.{step}", self.place)
    }
}

impl Selector {
    /// Reads the selector of a query.
    pub(crate) fn parse(selector: &Map<String, Value>) -> Result<Self, QueryError> {
        if selector.is_empty() {
            return Ok(Self::All(Vec::new()));
        }
        let scope = Scope { path: &FieldPath::default(), in_element: false, place: "selector" };
        parse_object(selector, scope).map(Self::push_negations)
    }

    /// Reads the argument of `$elemMatch`, `$allMatch` or `$keyMapMatch`.
    pub(crate) fn of_element(selector: &Map<String, Value>, place: &str) -> Result<Self, QueryError> {
        parse_object(selector, Scope { path: &FieldPath::default(), in_element: true, place })
    }

    pub(crate) fn matches(&self, subject: Subject<'_>, collation: &Collation) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(subject, collation)),
            Self::Any(parts) => parts.is_empty() || parts.iter().any(|part| part.matches(subject, collation)),
            Self::Not(part) => !part.matches(subject, collation),
            Self::Field(path, condition) => match subject.lookup(path) {
                Lookup::Found(value) => condition.holds(value, Order { collation, of_id: path.is_id() }),
                Lookup::Missing => matches!(condition, Condition::Exists(false)),
                Lookup::Unreachable => false,
            },
        }
    }

    fn push_negations(self) -> Self {
        match self {
            Self::Not(part) => part.negate(),
            Self::All(parts) => Self::All(parts.into_iter().map(Self::push_negations).collect()),
            Self::Any(parts) => Self::Any(parts.into_iter().map(Self::push_negations).collect()),
            field @ Self::Field(..) => field,
        }
    }

    fn negate(self) -> Self {
        match self {
            Self::Not(part) => part.push_negations(),
            Self::All(parts) => Self::Any(parts.into_iter().map(Self::negate).collect()),
            Self::Any(parts) => Self::All(parts.into_iter().map(Self::negate).collect()),
            Self::Field(path, condition) => Self::Field(path, condition.opposite()),
        }
    }
}

fn parse_object(object: &Map<String, Value>, scope: Scope<'_>) -> Result<Selector, QueryError> {
    if object.is_empty() {
        return parse_plain(&Value::Object(Map::new()), scope);
    }
    let mut parts = object
        .iter()
        .map(|(key, value)| parse_pair(key, value, scope))
        .collect::<Result<Vec<_>, QueryError>>()?;
    Ok(if parts.len() == 1 { parts.remove(0) } else { Selector::All(parts) })
}

fn parse_value(value: &Value, scope: Scope<'_>) -> Result<Selector, QueryError> {
    match value {
        Value::Object(object) => parse_object(object, scope),
        plain => parse_plain(plain, scope),
    }
}

/// Reads a value that stands for its equals.
fn parse_plain(value: &Value, scope: Scope<'_>) -> Result<Selector, QueryError> {
    if scope.path.is_empty() && !scope.in_element {
        return Err(match value {
            Value::Object(_) => QueryError::EmptyPart(scope.place.to_owned()),
            other => QueryError::NotAnObject { place: scope.place.to_owned(), found: kind(other) },
        });
    }
    Ok(Selector::Field(scope.path.clone(), Condition::equal(value)))
}

fn parse_pair(key: &str, value: &Value, scope: Scope<'_>) -> Result<Selector, QueryError> {
    match key {
        "$and" => parse_parts(key, value, scope).map(Selector::All),
        "$or" => parse_parts(key, value, scope).map(Selector::Any),
        "$nor" if scope.in_element => Err(QueryError::UnsupportedOperator {
            operator: key.to_owned(),
            place: scope.place.to_owned(),
            reason: "CouchDB fails on it inside $elemMatch, $allMatch and $keyMapMatch",
        }),
        "$nor" => {
            let parts = parse_parts(key, value, scope)?;
            Ok(Selector::All(parts.into_iter().map(|part| Selector::Not(Box::new(part))).collect()))
        }
        "$not" => match value {
            Value::Object(object) => {
                let place = scope.inner(key);
                parse_object(object, Scope { place: &place, ..scope })
                    .map(|part| Selector::Not(Box::new(part)))
            }
            other => Err(argument(key, other, scope, "an object")),
        },
        operator if operator.starts_with('$') => parse_condition(operator, value, scope),
        name => parse_field(name, value, scope),
    }
}

fn parse_parts(operator: &str, value: &Value, scope: Scope<'_>) -> Result<Vec<Selector>, QueryError> {
    let Value::Array(parts) = value else { return Err(argument(operator, value, scope, "an array")) };
    let parse_part = |(index, part): (usize, &Value)| {
        let place = scope.inner(&format!("{operator}[{index}]"));
        parse_value(part, Scope { place: &place, ..scope })
    };
    parts.iter().enumerate().map(parse_part).collect()
}

fn parse_condition(operator: &str, value: &Value, scope: Scope<'_>) -> Result<Selector, QueryError> {
    let condition = Condition::parse(operator, value, scope)?;
    if scope.path.is_empty() && !scope.in_element {
        return Err(QueryError::NoField { operator: operator.to_owned(), place: scope.place.to_owned() });
    }
    Ok(Selector::Field(scope.path.clone(), condition))
}

fn parse_field(name: &str, value: &Value, scope: Scope<'_>) -> Result<Selector, QueryError> {
    let path = FieldPath::parse(name)
        .ok_or_else(|| QueryError::FieldName { name: name.to_owned(), place: scope.place.to_owned() })?;
    let path = scope.path.join(path);
    if !scope.in_element {
        check_available(&path, scope.place)?;
    }
    let place = scope.inner(name);
    parse_value(value, Scope { path: &path, place: &place, ..scope })
}

/// Refuses names that no state can have (Fabric 3.1 `couchdoc_conv.go`, `checkReservedFieldsNotUsed`).
pub(crate) fn check_available(path: &FieldPath, place: &str) -> Result<(), QueryError> {
    match path.first() {
        Some(name) if (name.starts_with('_') && name != "_id") || name == "~version" => {
            Err(QueryError::UnavailableField { name: name.to_owned(), place: place.to_owned() })
        }
        _ => Ok(()),
    }
}

fn argument(operator: &str, value: &Value, scope: Scope<'_>, expected: &'static str) -> QueryError {
    QueryError::Argument {
        operator: operator.to_owned(),
        place: scope.place.to_owned(),
        found: kind(value).to_owned(),
        expected,
    }
}
