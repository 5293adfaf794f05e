//! The order of JSON values in CouchDB: null, false, true, numbers, strings, arrays, objects.
//!
//! Source: CouchDB 3.5 `src/couch/src/couch_ejson_compare.erl` and `src/mango/src/mango_json.erl`. Strings and the
//! names in objects are ordered by ICU's root collation (`a` < `A` < `b`), in selectors as well. Strings that compare
//! as equal are equal, so "é" as one code point equals "é" as two.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use icu_collator::options::CollatorOptions;
use icu_collator::{Collator, CollatorBorrowed};
use serde_json::{Map, Number, Value};

use crate::error::QueryError;

/// Comparison of values.
#[derive(Clone)]
pub(crate) struct Collation(Arc<CollatorBorrowed<'static>>);

impl fmt::Debug for Collation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collation")
    }
}

impl Collation {
    pub(crate) fn new() -> Result<Self, QueryError> {
        let root =
            Collator::try_new(icu_collator::CollatorPreferences::default(), CollatorOptions::default());
        root.map(|root| Self(Arc::new(root))).map_err(|error| QueryError::Collation(error.to_string()))
    }

    pub(crate) fn compare(&self, a: &Value, b: &Value) -> Ordering {
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => compare_numbers(a, b),
            (Value::String(a), Value::String(b)) => self.0.compare(a, b),
            (Value::Array(a), Value::Array(b)) => self.compare_arrays(a, b),
            (Value::Object(a), Value::Object(b)) => self.compare_objects(a, b),
            _ => rank(a).cmp(&rank(b)),
        }
    }

    fn compare_arrays(&self, a: &[Value], b: &[Value]) -> Ordering {
        let different = a.iter().zip(b).map(|(a, b)| self.compare(a, b)).find(|order| order.is_ne());
        different.unwrap_or_else(|| a.len().cmp(&b.len()))
    }

    /// Compares member by member, in the byte order of the names, in which a peer writes documents and queries.
    fn compare_objects(&self, a: &Map<String, Value>, b: &Map<String, Value>) -> Ordering {
        let members = members(a).into_iter().zip(members(b));
        let different = members
            .map(|((a_name, a), (b_name, b))| self.0.compare(a_name, b_name).then_with(|| self.compare(a, b)))
            .find(|order| order.is_ne());
        different.unwrap_or_else(|| a.len().cmp(&b.len()))
    }
}

fn members(object: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = object.iter().collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members
}

/// Compares the value of `_id` by bytes, as Erlang orders its terms (`mango_json:cmp_raw`): a string sorts after
/// every other JSON value.
pub(crate) fn compare_id(id: &Value, other: &Value, collation: &Collation) -> Ordering {
    match (id, other) {
        (Value::String(id), Value::String(other)) => id.cmp(other),
        (Value::String(_), _) => Ordering::Greater,
        _ => collation.compare(id, other),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(false) => 1,
        Value::Bool(true) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::Array(_) => 5,
        Value::Object(_) => 6,
    }
}

fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(a), None) => compare_mixed(a, b.as_f64().unwrap_or_default()),
        (None, Some(b)) => compare_mixed(b, a.as_f64().unwrap_or_default()).reverse(),
        (None, None) => a
            .as_f64()
            .unwrap_or_default()
            .partial_cmp(&b.as_f64().unwrap_or_default())
            .unwrap_or(Ordering::Equal),
    }
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

/// Compares the numbers without rounding the integer to a float.
#[expect(clippy::cast_possible_truncation, reason = "the whole part of a float within the limits fits")]
fn compare_mixed(integer: i128, float: f64) -> Ordering {
    const LIMIT: f64 = 1e30;
    if float >= LIMIT {
        return Ordering::Less;
    }
    if float <= -LIMIT {
        return Ordering::Greater;
    }
    let whole = float.trunc();
    integer
        .cmp(&(whole as i128))
        .then_with(|| 0.0_f64.partial_cmp(&(float - whole)).unwrap_or(Ordering::Equal))
}

/// Returns whether two values are the same term, as `$all` requires: strings are compared by bytes, and 1 differs
/// from 1.0.
///
/// Numbers in the document are taken in the form in which the peer stores them: converted to a float, and written
/// without a fraction if they have none (Fabric 3.1 `couchdoc_conv.go`). A 1.0 in a document therefore is 1.
pub(crate) fn same_term(stored: &Value, literal: &Value) -> bool {
    match (stored, literal) {
        (Value::Number(stored), Value::Number(literal)) => match (stored_integer(stored), integer(literal)) {
            (Some(stored), Some(literal)) => stored == literal,
            (None, None) => stored.as_f64() == literal.as_f64(),
            _ => false,
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_term(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same_term(a, b)))
        }
        _ => stored == literal,
    }
}

/// Returns a number of a document as an integer, in the form in which the peer stores it: 4.0 is written as 4, up to
/// 1e21.
#[expect(clippy::cast_possible_truncation, reason = "a whole float below the limit fits")]
pub(crate) fn stored_integer(number: &Number) -> Option<i128> {
    const LIMIT: f64 = 1e21;
    integer(number).or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < LIMIT)?;
        Some(float as i128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Example from the page on collation in CouchDB's documentation ("Views Collation"), ascending.
    #[test]
    fn values_have_the_documented_order() {
        let collation = Collation::new().unwrap();
        let ascending = json!([
            null, false, true, 1, 2, 3.0, 4, "a", "A", "aa", "b", "B", "ba", "bb", ["a"], ["b"], ["b", "c"],
            ["b", "c", "a"], ["b", "d"], ["b", "d", "e"], {"a": 1}, {"a": 2}, {"b": 1}, {"b": 2},
            {"b": 2, "c": 2}
        ]);
        let ascending = ascending.as_array().unwrap();
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(collation.compare(a, b), i.cmp(&j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn numbers_are_compared_without_rounding() {
        let collation = Collation::new().unwrap();
        let order = |a: Value, b: Value| collation.compare(&a, &b);
        assert_eq!(order(json!(1), json!(1.0)), Ordering::Equal);
        assert_eq!(
            order(json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992.0)),
            Ordering::Greater
        );
        assert_eq!(order(json!(u64::MAX), json!(-1)), Ordering::Greater);
        assert_eq!(order(json!(-1), json!(-1.5)), Ordering::Greater);
        assert_eq!(order(json!(5), json!(1e300)), Ordering::Less);
        assert_eq!(order(json!(-5), json!(-1e300)), Ordering::Greater);
    }

    #[test]
    fn strings_that_collate_alike_are_equal() {
        let collation = Collation::new().unwrap();
        assert_eq!(collation.compare(&json!("\u{e9}"), &json!("e\u{301}")), Ordering::Equal);
        assert!(!same_term(&json!("\u{e9}"), &json!("e\u{301}")));
    }

    #[test]
    fn an_id_is_compared_by_bytes_and_after_all_other_kinds() {
        let collation = Collation::new().unwrap();
        assert_eq!(compare_id(&json!("B"), &json!("a"), &collation), Ordering::Less);
        assert_eq!(compare_id(&json!("B"), &json!(["a"]), &collation), Ordering::Greater);
    }
}
