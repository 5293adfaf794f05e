//! What a selector asks of one value: the operators below a field.
//!
//! Source: CouchDB 3.5 `src/mango/src/mango_selector.erl` (`norm_ops`, `match`).

use std::cmp::Ordering;

use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use crate::collation::{Collation, compare_id, same_term, stored_integer};
use crate::error::{QueryError, show};
use crate::selector::{Scope, Selector, Subject};

/// A condition on one value that is there.
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
    /// Some element of an array.
    Element(Box<Selector>),
    /// Every element of an array that has any.
    EachElement(Box<Selector>),
    /// Some name in an object.
    Name(Box<Selector>),
    /// Of conditions that have no opposite of their own.
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

/// How the value of a field is compared: `_id` has an order of its own.
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

    /// An array is in the list when one of its elements is.
    fn contains(self, list: &[Value], value: &Value) -> bool {
        let is_listed = |value| list.iter().any(|listed| self.compare(value, listed).is_eq());
        match value {
            Value::Array(elements) => elements.iter().any(is_listed),
            value => is_listed(value),
        }
    }
}

impl Condition {
    pub(crate) fn equal(value: &Value) -> Self {
        Self::Compare(Comparison::Equal, value.clone())
    }

    /// Reads an operator, with its dollar sign, and its argument.
    pub(crate) fn parse(operator: &str, argument: &Value, scope: Scope<'_>) -> Result<Self, QueryError> {
        let compare = |comparison| Ok(Self::Compare(comparison, argument.clone()));
        let operand = Operand { operator, argument, scope };
        match operator {
            "$lt" => compare(Comparison::Less),
            "$lte" => compare(Comparison::LessOrEqual),
            "$eq" => compare(Comparison::Equal),
            "$ne" => compare(Comparison::NotEqual),
            "$gte" => compare(Comparison::GreaterOrEqual),
            "$gt" => compare(Comparison::Greater),
            "$in" => operand.list().map(Self::In),
            "$nin" => operand.list().map(Self::NotIn),
            "$all" => operand.list().map(Self::All),
            "$exists" => operand.boolean().map(Self::Exists),
            "$type" => operand.type_name().map(Self::Type),
            "$mod" => operand.modulo(),
            "$regex" => operand.regex().map(Self::Regex),
            "$beginsWith" => operand.string().map(|prefix| Self::BeginsWith(prefix.to_owned())),
            "$size" => operand.size().map(Self::Size),
            "$elemMatch" => operand.element().map(Self::Element),
            "$allMatch" => operand.element().map(Self::EachElement),
            "$keyMapMatch" => operand.element().map(Self::Name),
            _ => Err(operand.unknown()),
        }
    }

    /// Makes the condition that holds where this one does not, given that there is a value.
    pub(crate) fn opposite(self) -> Self {
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

/// `[[1, 2]]` is also held by the array `[1, 2]` itself; nothing holds all of an empty list.
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

const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

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

/// An operator and its argument, not yet checked.
struct Operand<'a> {
    operator: &'a str,
    argument: &'a Value,
    scope: Scope<'a>,
}

impl Operand<'_> {
    fn list(&self) -> Result<Vec<Value>, QueryError> {
        self.argument.as_array().cloned().ok_or_else(|| self.not("an array"))
    }

    fn boolean(&self) -> Result<bool, QueryError> {
        self.argument.as_bool().ok_or_else(|| self.not("true or false"))
    }

    fn string(&self) -> Result<&str, QueryError> {
        self.argument.as_str().ok_or_else(|| self.not("a string"))
    }

    fn size(&self) -> Result<u64, QueryError> {
        self.argument.as_u64().ok_or_else(|| self.not("a whole number from 0"))
    }

    fn type_name(&self) -> Result<&'static str, QueryError> {
        let known = TYPES.into_iter().find(|name| self.argument.as_str() == Some(name));
        known.ok_or_else(|| self.not("one of null, boolean, number, string, array, object"))
    }

    fn modulo(&self) -> Result<Condition, QueryError> {
        let pair = match self.argument.as_array().map(Vec::as_slice) {
            Some([divisor, remainder]) => divisor.as_i64().zip(remainder.as_i64()),
            _ => None,
        };
        let (divisor, remainder) = pair
            .filter(|(divisor, _)| *divisor != 0)
            .ok_or_else(|| self.not("[DIVISOR, REMAINDER], integers with a divisor other than 0"))?;
        Ok(Condition::Modulo { divisor, remainder })
    }

    /// Compiles for bytes, since CouchDB runs PCRE without its option for Unicode.
    fn regex(&self) -> Result<Regex, QueryError> {
        RegexBuilder::new(self.string()?).unicode(false).build().map_err(|error| {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            QueryError::Regex { place: self.scope.place.to_owned(), reason }
        })
    }

    fn element(&self) -> Result<Box<Selector>, QueryError> {
        let Value::Object(selector) = self.argument else { return Err(self.not("an object")) };
        let place = self.scope.inner(self.operator);
        Selector::of_element(selector, &place).map(Box::new)
    }

    fn not(&self, expected: &'static str) -> QueryError {
        QueryError::Argument {
            operator: self.operator.to_owned(),
            place: self.scope.place.to_owned(),
            found: show(self.argument),
            expected,
        }
    }

    fn unknown(&self) -> QueryError {
        let (operator, place) = (self.operator.to_owned(), self.scope.place.to_owned());
        let reason = match self.operator {
            "$text" => "it asks a search index",
            "$where" | "$geoWithin" | "$geoIntersects" | "$near" | "$nearSphere" => "CouchDB refuses it too",
            _ => return QueryError::UnknownOperator { operator, place },
        };
        QueryError::UnsupportedOperator { operator, place, reason }
    }
}
