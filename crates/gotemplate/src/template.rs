//! The template: the one entrance to this crate.

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
    /// Parses a text, as `template.New("").Option("missingkey=error").Parse(text)` does in Go.
    ///
    /// Refuses what Go accepts and this engine does not: nesting deeper than
    /// [`MAX_PARSE_DEPTH`](crate::MAX_PARSE_DEPTH), a template of more than
    /// [`MAX_TEMPLATE_BYTES`](crate::MAX_TEMPLATE_BYTES) or [`MAX_NODES`](crate::MAX_NODES), and complex numbers.
    pub fn parse(text: &str) -> Result<Template, ParseError> {
        if text.contains("{{") {
            return parser::parse(text).map(|trees| Template { trees }).map_err(|error| *error);
        }
        Ok(Template { trees: Trees::from([(Vec::new(), vec![Node::Text(text.to_string())])]) })
    }

    /// Renders with the data; `None` is Go's nil map, which is what a builder without configuration has.
    ///
    /// The result is bytes because Go strings are: `{{"\xff"}}` renders one byte that is no character.
    pub fn render(
        &self,
        data: Option<&BTreeMap<String, Value>>,
        limits: &Limits,
    ) -> Result<Vec<u8>, RenderError> {
        exec::render(&self.trees, data, limits)
    }

    /// Returns the top-level keys of the data that the template can read by name (`.a`, `$.a.b`, `index . "a"`), sorted.
    ///
    /// Keys are found without running the template, so one in a branch that never runs is among them; one that is
    /// computed, or read through a variable other than `$`, is not.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<String> {
        keys::keys(&self.trees)
    }
}
