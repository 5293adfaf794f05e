//! Parses the selector of a query: fields, their operators, and combinations.
//!
//! Source: CouchDB 3.5 `src/mango/src/mango_selector.erl` (`norm_ops`).

use regex::bytes::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use crate::error::{QueryError, kind, show};
use crate::path::FieldPath;
use crate::selector::{Comparison, Condition, Selector};

const TYPES: [&str; 6] = ["null", "boolean", "number", "string", "array", "object"];

/// Position of a part of the selector in a query.
#[derive(Clone, Copy)]
struct Scope<'a> {
    /// Field to which the conditions apply, as far as it is known.
    path: &'a FieldPath,
    /// Whether the conditions apply to an element, which needs no field name, instead of a document.
    in_element: bool,
    /// Location for messages, such as `selector.$and[0].owner`.
    place: &'a str,
}

impl Scope<'_> {
    fn inner(self, step: &str) -> String {
        format!("{}.{step}", self.place)
    }
}

/// Parses the selector of a query.
pub(crate) fn selector(selector: &Map<String, Value>) -> Result<Selector, QueryError> {
    if selector.is_empty() {
        return Ok(Selector::All(Vec::new()));
    }
    let scope = Scope { path: &FieldPath::default(), in_element: false, place: "selector" };
    parse_object(selector, scope).map(Selector::push_negations)
}

/// Parses the argument of `$elemMatch`, `$allMatch` or `$keyMapMatch`.
fn element(selector: &Map<String, Value>, place: &str) -> Result<Selector, QueryError> {
    parse_object(selector, Scope { path: &FieldPath::default(), in_element: true, place })
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

/// Parses a plain value, which means equality.
fn parse_plain(value: &Value, scope: Scope<'_>) -> Result<Selector, QueryError> {
    if scope.path.is_empty() && !scope.in_element {
        return Err(match value {
            Value::Object(_) => QueryError::EmptyPart(scope.place.to_owned()),
            other => QueryError::NotAnObject { place: scope.place.to_owned(), found: kind(other) },
        });
    }
    Ok(Selector::Field(scope.path.clone(), Condition::Compare(Comparison::Equal, value.clone())))
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
    let condition = condition(operator, value, scope)?;
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

/// Rejects names that no state can have (Fabric 3.1 `couchdoc_conv.go`, `checkReservedFieldsNotUsed`).
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

/// Parses an operator, with its dollar sign, and its argument.
fn condition(operator: &str, argument: &Value, scope: Scope<'_>) -> Result<Condition, QueryError> {
    let compare = |comparison| Ok(Condition::Compare(comparison, argument.clone()));
    let operand = Operand { operator, argument, scope };
    match operator {
        "$lt" => compare(Comparison::Less),
        "$lte" => compare(Comparison::LessOrEqual),
        "$eq" => compare(Comparison::Equal),
        "$ne" => compare(Comparison::NotEqual),
        "$gte" => compare(Comparison::GreaterOrEqual),
        "$gt" => compare(Comparison::Greater),
        "$in" => operand.list().map(Condition::In),
        "$nin" => operand.list().map(Condition::NotIn),
        "$all" => operand.list().map(Condition::All),
        "$exists" => operand.boolean().map(Condition::Exists),
        "$type" => operand.type_name().map(Condition::Type),
        "$mod" => operand.modulo(),
        "$regex" => operand.regex().map(Condition::Regex),
        "$beginsWith" => operand.string().map(|prefix| Condition::BeginsWith(prefix.to_owned())),
        "$size" => operand.size().map(Condition::Size),
        "$elemMatch" => operand.element().map(Condition::Element),
        "$allMatch" => operand.element().map(Condition::EachElement),
        "$keyMapMatch" => operand.element().map(Condition::Name),
        _ => Err(operand.unknown()),
    }
}

/// Operator and its unchecked argument.
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

    /// Compiles an expression for bytes, since CouchDB runs PCRE without its Unicode option.
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
        element(selector, &place).map(Box::new)
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
            "$text" => "it requires a search index",
            "$where" | "$geoWithin" | "$geoIntersects" | "$near" | "$nearSphere" => "CouchDB rejects it too",
            _ => return QueryError::UnknownOperator { operator, place },
        };
        QueryError::UnsupportedOperator { operator, place, reason }
    }
}
