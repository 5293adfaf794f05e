//! Values of the data, and values during execution.

use std::collections::BTreeMap;
use std::rc::Rc;

/// A value of the data, as Go's `encoding/json` decodes it to `interface{}`: every number is a float64.
///
/// Dropping, cloning and comparing are recursive in lists and maps, so callers must limit the depth of untrusted JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// A string.
    String(String),
    /// An array.
    List(Vec<Value>),
    /// An object; Go visits its keys in byte order, like this map.
    Map(BTreeMap<String, Value>),
}

/// A value during execution; text and containers are borrowed from the data or the template if possible.
#[derive(Debug, Clone)]
pub(crate) enum Val<'a> {
    /// An untyped nil: JSON null, the literal `nil`, or a missing key of `index`.
    Nil,
    /// The data without any configuration: an empty map that is equal to nil.
    NilMap,
    Bool(bool),
    Int(i64),
    /// An element of a string, a uint8.
    Byte(u8),
    Float(f64),
    Text(Text<'a>),
    List(List<'a>),
    Map(&'a BTreeMap<String, Value>),
}

/// A Go string, which consists of bytes.
#[derive(Debug, Clone)]
pub(crate) enum Text<'a> {
    Borrowed(&'a [u8]),
    Built(Rc<[u8]>),
}

/// A Go slice: elements beyond the end of `items` are nil, as in the spare capacity after `append`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'a> {
    pub(crate) items: &'a [Value],
    pub(crate) length: usize,
    pub(crate) capacity: usize,
    /// Whether Go's capacity is exactly this, or at least this.
    pub(crate) capacity_is_exact: bool,
}

/// `encoding/json` appends the elements of an array one by one. Up to this length, every release of Go doubles the
/// capacity; above it, the capacity depends on the allocator's size classes, which differ between releases.
const DOUBLING: usize = 32;

impl Text<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Text::Borrowed(bytes) => bytes,
            Text::Built(bytes) => bytes,
        }
    }
}

impl<'a> List<'a> {
    fn new(items: &'a [Value]) -> Self {
        let length = items.len();
        let capacity_is_exact = length <= DOUBLING;
        let capacity = if capacity_is_exact && length > 0 { length.next_power_of_two() } else { length };
        List { items, length, capacity, capacity_is_exact }
    }

    pub(crate) fn get(&self, index: usize) -> Option<Val<'a>> {
        if index >= self.length {
            return None;
        }
        Some(self.items.get(index).map_or(Val::Nil, Val::from))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Val<'a>> {
        (0..self.length).map_while(move |index| self.get(index))
    }
}

impl<'a> From<&'a Value> for Val<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Val::Nil,
            Value::Bool(value) => Val::Bool(*value),
            Value::Number(value) => Val::Float(*value),
            Value::String(text) => Val::Text(Text::Borrowed(text.as_bytes())),
            Value::List(items) => Val::List(List::new(items)),
            Value::Map(map) => Val::Map(map),
        }
    }
}

impl<'a> Val<'a> {
    /// Returns a text that a function has built.
    pub(crate) fn built(bytes: Vec<u8>) -> Val<'a> {
        Val::Text(Text::Built(bytes.into()))
    }

    /// Returns the type as Go's `%T` prints it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Val::Nil => "<nil>",
            Val::NilMap | Val::Map(_) => "map[string]interface {}",
            Val::Bool(_) => "bool",
            Val::Int(_) => "int",
            Val::Byte(_) => "uint8",
            Val::Float(_) => "float64",
            Val::Text(_) => "string",
            Val::List(_) => "[]interface {}",
        }
    }

    /// Returns the truth of the value in an `if`.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Val::Nil | Val::NilMap => false,
            Val::Bool(value) => *value,
            Val::Int(value) => *value != 0,
            Val::Byte(value) => *value != 0,
            Val::Float(value) => *value != 0.0,
            Val::Text(text) => !text.bytes().is_empty(),
            Val::List(list) => list.length > 0,
            Val::Map(map) => !map.is_empty(),
        }
    }
}
