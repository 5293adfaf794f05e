//! `eq`, `ne`, `lt`, `le`, `gt` and `ge` (`text/template/funcs.go` of Go 1.26): no number is converted to another type.

use std::cmp::Ordering;

use crate::error::Fault;
use crate::value::Val;

/// Returns whether the first value equals one of the others.
pub(crate) fn equals_any(values: &[Val<'_>]) -> Result<bool, Fault> {
    let (first, others) = match values {
        [first, others @ ..] if !others.is_empty() => (first, others),
        _ => return Err(Fault::Type("missing argument for comparison".to_string())),
    };
    for other in others {
        if equals(first, other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equals(a: &Val<'_>, b: &Val<'_>) -> Result<bool, Fault> {
    match (a, b) {
        (Val::Bool(a), Val::Bool(b)) => Ok(a == b),
        (Val::Int(a), Val::Int(b)) => Ok(a == b),
        (Val::Byte(a), Val::Byte(b)) => Ok(a == b),
        (Val::Int(a), Val::Byte(b)) | (Val::Byte(b), Val::Int(a)) => Ok(*a == i64::from(*b)),
        #[expect(clippy::float_cmp, reason = "Go compares floats exactly")]
        (Val::Float(a), Val::Float(b)) => Ok(a == b),
        (Val::Text(a), Val::Text(b)) => Ok(a.bytes() == b.bytes()),
        (Val::Nil | Val::NilMap, Val::Nil | Val::NilMap) => Ok(true),
        (Val::Nil, _) | (_, Val::Nil) | (Val::NilMap, Val::Map(_)) | (Val::Map(_), Val::NilMap) => Ok(false),
        (Val::Map(_), Val::Map(_)) | (Val::List(_), Val::List(_)) => {
            Err(Fault::Type(format!("non-comparable type {}", a.type_name())))
        }
        _ => Err(incompatible(a, b)),
    }
}

/// Returns whether `a` is less than `b`.
pub(crate) fn less(a: &Val<'_>, b: &Val<'_>) -> Result<bool, Fault> {
    let order = match (a, b) {
        (Val::Int(a), Val::Int(b)) => a.cmp(b),
        (Val::Byte(a), Val::Byte(b)) => a.cmp(b),
        (Val::Int(a), Val::Byte(b)) => a.cmp(&i64::from(*b)),
        (Val::Byte(a), Val::Int(b)) => i64::from(*a).cmp(b),
        (Val::Float(a), Val::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Greater),
        (Val::Text(a), Val::Text(b)) => a.bytes().cmp(b.bytes()),
        (Val::Bool(_), Val::Bool(_)) => return Err(not_ordered(a)),
        _ => {
            let unordered = [a, b].into_iter().find(|value| !is_basic(value));
            return Err(unordered.map_or_else(|| incompatible(a, b), not_ordered));
        }
    };
    Ok(order == Ordering::Less)
}

/// Returns whether `a` is less than or equal to `b`.
pub(crate) fn less_or_equal(a: &Val<'_>, b: &Val<'_>) -> Result<bool, Fault> {
    Ok(less(a, b)? || equals(a, b)?)
}

fn is_basic(value: &Val<'_>) -> bool {
    !matches!(value, Val::Nil | Val::NilMap | Val::List(_) | Val::Map(_))
}

fn not_ordered(value: &Val<'_>) -> Fault {
    Fault::Type(format!("invalid type for comparison: {}", value.type_name()))
}

fn incompatible(a: &Val<'_>, b: &Val<'_>) -> Fault {
    Fault::Type(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()))
}
