//! Paths of fields: `owner`, `owner.name`, `tags.0`.
//!
//! Source: CouchDB 3.5 `src/mango/src/mango_util.erl` (`parse_field`) and `mango_doc.erl` (`get_field`, `set_field`).

use serde_json::{Map, Value};

/// Names, from the outermost to the innermost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct FieldPath(Vec<String>);

/// Value at a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lookup<'a> {
    Found(&'a Value),
    /// The object does not have the name, so the field does not exist.
    Missing,
    /// The path goes into a value that has no names, or beyond the end of an array. CouchDB distinguishes this from a
    /// missing field: not even `{"$exists": false}` matches.
    Unreachable,
}

impl FieldPath {
    /// Parses a path; `None` if a part of it is empty.
    ///
    /// A dot separates names unless a backslash precedes it. Backslashes are dropped.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut parts = vec![String::new()];
        let mut previous = None;
        for character in name.chars() {
            match character {
                '.' if previous != Some('\\') => parts.push(String::new()),
                '\\' => {}
                other => parts.last_mut()?.push(other),
            }
            previous = Some(character);
        }
        parts.iter().all(|part| !part.is_empty()).then_some(Self(parts))
    }

    pub(crate) fn join(&self, inner: Self) -> Self {
        let mut parts = self.0.clone();
        parts.extend(inner.0);
        Self(parts)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether the path is the key of a document.
    pub(crate) fn is_id(&self) -> bool {
        self.0 == ["_id"]
    }

    pub(crate) fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    pub(crate) fn split_first(&self) -> Option<(&str, &[String])> {
        self.0.split_first().map(|(first, rest)| (first.as_str(), rest))
    }

    pub(crate) fn lookup<'a>(&self, value: &'a Value) -> Lookup<'a> {
        lookup(value, &self.0)
    }

    /// Sets the value at the path, and creates missing objects on the way.
    pub(crate) fn set(&self, object: &mut Map<String, Value>, value: Value) {
        set(object, &self.0, value);
    }
}

pub(crate) fn lookup<'a>(value: &'a Value, path: &[String]) -> Lookup<'a> {
    let Some((name, rest)) = path.split_first() else { return Lookup::Found(value) };
    match value {
        Value::Object(object) => object.get(name).map_or(Lookup::Missing, |value| lookup(value, rest)),
        Value::Array(elements) => {
            element(elements, name).map_or(Lookup::Unreachable, |value| lookup(value, rest))
        }
        _ => Lookup::Unreachable,
    }
}

fn element<'a>(elements: &'a [Value], name: &str) -> Option<&'a Value> {
    elements.get(name.parse::<usize>().ok()?)
}

fn set(object: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => {
            object.insert(name.clone(), value);
        }
        [name, rest @ ..] => {
            let inner = object.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
            // An array or a plain value was already copied completely, and so includes the value to set.
            if let Value::Object(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(name: &str) -> FieldPath {
        FieldPath::parse(name).unwrap()
    }

    #[test]
    fn dots_part_names_and_a_backslash_keeps_them() {
        for (name, parts) in [
            ("ab", &["ab"][..]),
            ("a.b", &["a", "b"]),
            (r"a\.b", &["a.b"]),
            (r"a\.b.c", &["a.b", "c"]),
            (r"a\\.b", &["a.b"]),
            (r"\$price", &["$price"]),
        ] {
            assert_eq!(path(name).0, parts, "{name}");
        }
        for name in ["", ".", "a.", ".a", "a..b", r"\"] {
            assert_eq!(FieldPath::parse(name), None, "{name:?}");
        }
    }

    #[test]
    fn a_path_reaches_into_objects_and_arrays() {
        let value = json!({"a": {"b": [10, {"c": 20}]}, "n": null});
        assert_eq!(path("a.b.0").lookup(&value), Lookup::Found(&json!(10)));
        assert_eq!(path("a.b.1.c").lookup(&value), Lookup::Found(&json!(20)));
        assert_eq!(path("a.b.+1.c").lookup(&value), Lookup::Found(&json!(20)));
        assert_eq!(path("n").lookup(&value), Lookup::Found(&Value::Null));
        assert_eq!(path("a.x.y").lookup(&value), Lookup::Missing);
        for unreachable in ["a.b.2", "a.b.-1", "a.b.c", "a.b.0.c", "n.x"] {
            assert_eq!(path(unreachable).lookup(&value), Lookup::Unreachable, "{unreachable}");
        }
    }
}
