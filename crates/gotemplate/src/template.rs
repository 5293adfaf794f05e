//! The parsed template, which is the entry point of this crate.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{ParseError, RenderError};
use crate::limits::Limits;
use crate::run::exec;
use crate::syntax::ast::{Node, Trees};
use crate::syntax::{keys, parser};
use crate::value::Value;

/// A parsed template.
#[derive(Debug, Clone)]
pub struct Template {
    trees: Trees,
}

impl Template {
    /// Parses a text like `template.New("").Option("missingkey=error").Parse(text)` in Go.
    ///
    /// Unlike Go, rejects nesting deeper than [`MAX_PARSE_DEPTH`](crate::MAX_PARSE_DEPTH), a template larger than
    /// [`MAX_TEMPLATE_BYTES`](crate::MAX_TEMPLATE_BYTES) or [`MAX_NODES`](crate::MAX_NODES), and complex numbers.
    pub fn parse(text: &str) -> Result<Template, ParseError> {
        if text.contains("{{") {
            return parser::parse(text).map(|trees| Template { trees }).map_err(|error| *error);
        }
        Ok(Template { trees: Trees::from([(Vec::new(), vec![Node::Text(text.to_string())])]) })
    }

    /// Renders the template with the data; `None` is Go's nil map, the data of a builder without configuration.
    ///
    /// The result is bytes, like Go strings: `{{"\xff"}}` renders one byte that is not a character.
    pub fn render(
        &self,
        data: Option<&BTreeMap<String, Value>>,
        limits: &Limits,
    ) -> Result<Vec<u8>, RenderError> {
        exec::render(&self.trees, data, limits)
    }

    /// Returns the top-level keys of the data that the template can read by name (`.a`, `$.a.b`, `index . "a"`),
    /// sorted.
    ///
    /// The template is not executed, so keys in branches that never run are included. Keys that are computed, or read
    /// through a variable other than `$`, are not included.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<String> {
        keys::keys(&self.trees)
    }
}
