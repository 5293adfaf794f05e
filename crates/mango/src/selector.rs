//! Selectors: fields and their conditions, joined by `$and`, `$or`, `$nor` and `$not`.
//!
//! Before it looks at a document, CouchDB moves every negation down to the conditions (3.5
//! `src/mango/src/mango_selector.erl`, `norm_negations`). The opposite of "price is above 10" thus is "price is at
//! most 10", and a document without a price matches neither. Only inside `$elemMatch`, `$allMatch` and `$keyMapMatch`
//! does `$not` stay in place, and an element without the field matches there.
//!
//! The function `match` in that file defines when a value satisfies a condition. [`crate::parse`] parses selectors.

use std::cmp::Ordering;

use regex::bytes::Regex;
use serde_json::Value;

use crate::collation::{Collation, compare_id, same_term, stored_integer};
use crate::document::Document;
use crate::path::{FieldPath, Lookup};

/// Condition on a whole document or element.
#[derive(Debug, Clone)]
pub(crate) enum Selector {
    Field(FieldPath, Condition),
    All(Vec<Selector>),
    /// One of them must match, or the list is empty: CouchDB takes an empty `$or` for true.
    Any(Vec<Selector>),
    /// Used only inside an element.
    Not(Box<Selector>),
}

/// Value to which a selector is applied.
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

impl Selector {
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

    /// Moves every negation down to the conditions.
    pub(crate) fn push_negations(self) -> Self {
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

/// Condition on an existing value.
#[derive(Debug, Clone)]
pub(crate) enum Condition {
    Compare(Comparison, Value),
    In(Vec<Value>),
    NotIn(Vec<Value>),
    Exists(bool),
    Type(&'static str),
    Modulo {
        divisor: i64,
        remainder: i64,
    },
    Regex(Regex),
    BeginsWith(String),
    Size(u64),
    All(Vec<Value>),
    /// Some element of an array matches.
    Element(Box<Selector>),
    /// The array is not empty, and every element matches.
    EachElement(Box<Selector>),
    /// Some name in an object matches.
    Name(Box<Selector>),
    /// Negates a condition that has no opposite.
    Not(Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    NotEqual,
    GreaterOrEqual,
    Greater,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Greater => order.is_gt(),
        }
    }

    fn opposite(self) -> Self {
        match self {
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::GreaterOrEqual => Self::Less,
            Self::Greater => Self::LessOrEqual,
        }
    }
}

/// Comparison of a field's value: `_id` has its own order.
#[derive(Clone, Copy)]
pub(crate) struct Order<'a> {
    pub(crate) collation: &'a Collation,
    pub(crate) of_id: bool,
}

impl Order<'_> {
    fn compare(self, value: &Value, argument: &Value) -> Ordering {
        if self.of_id {
            compare_id(value, argument, self.collation)
        } else {
            self.collation.compare(value, argument)
        }
    }

    /// Returns whether the list contains the value or, for an array, one of its elements.
    fn contains(self, list: &[Value], value: &Value) -> bool {
        let is_listed = |value| list.iter().any(|listed| self.compare(value, listed).is_eq());
        match value {
            Value::Array(elements) => elements.iter().any(is_listed),
            value => is_listed(value),
        }
    }
}

impl Condition {
    /// Returns the condition that an existing value satisfies if it does not satisfy this one.
    fn opposite(self) -> Self {
        match self {
            Self::Compare(comparison, value) => Self::Compare(comparison.opposite(), value),
            Self::In(list) => Self::NotIn(list),
            Self::NotIn(list) => Self::In(list),
            Self::Exists(exists) => Self::Exists(!exists),
            Self::Not(condition) => *condition,
            other => Self::Not(Box::new(other)),
        }
    }

    pub(crate) fn holds(&self, value: &Value, order: Order<'_>) -> bool {
        match self {
            Self::Compare(comparison, argument) => comparison.holds(order.compare(value, argument)),
            Self::In(list) => order.contains(list, value),
            Self::NotIn(list) => !order.contains(list, value),
            Self::Exists(exists) => *exists,
            Self::Type(name) => *name == type_name(value),
            Self::Modulo { divisor, remainder } => is_congruent(value, *divisor, *remainder),
            Self::Regex(regex) => value.as_str().is_some_and(|text| regex.is_match(text.as_bytes())),
            Self::BeginsWith(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
            Self::Size(size) => value.as_array().is_some_and(|elements| elements.len() as u64 == *size),
            Self::All(list) => holds_all(list, value),
            Self::Not(condition) => !condition.holds(value, order),
            Self::Element(selector) => {
                let matches = |element| selector.matches(Subject::Element(element), order.collation);
                value.as_array().is_some_and(|elements| elements.iter().any(matches))
            }
            Self::EachElement(selector) => {
                let matches = |element| selector.matches(Subject::Element(element), order.collation);
                value.as_array().is_some_and(|elements| !elements.is_empty() && elements.iter().all(matches))
            }
            Self::Name(selector) => {
                let matches = |name: &String| {
                    selector.matches(Subject::Element(&Value::String(name.clone())), order.collation)
                };
                value.as_object().is_some_and(|object| object.keys().any(matches))
            }
        }
    }
}

fn is_congruent(value: &Value, divisor: i64, remainder: i64) -> bool {
    let integer = value.as_number().and_then(stored_integer);
    integer.is_some_and(|integer| integer % i128::from(divisor) == i128::from(remainder))
}

/// Returns whether the array holds all values. `[[1, 2]]` also matches the array `[1, 2]` itself; an empty list
/// matches nothing.
fn holds_all(list: &[Value], value: &Value) -> bool {
    let Value::Array(elements) = value else { return false };
    if let [Value::Array(whole)] = list
        && whole.len() == elements.len()
        && whole.iter().zip(elements).all(|(listed, element)| same_term(element, listed))
    {
        return true;
    }
    !list.is_empty() && list.iter().all(|listed| elements.iter().any(|element| same_term(element, listed)))
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
