//! The variables in scope, and whether the parser is inside a loop.

use std::collections::BTreeMap;

/// The state that is reset for each `define` and `block`.
#[derive(Default)]
pub(crate) struct Scope<'t> {
    /// Variables in the order of their declarations.
    variables: Vec<&'t str>,
    /// The number of declarations of each name, so that a look-up does not search a long list.
    declared: BTreeMap<&'t str, usize>,
    /// The number of loops around the current node: `break` and `continue` are valid only inside one.
    pub(crate) ranges: usize,
}

impl<'t> Scope<'t> {
    pub(crate) fn new() -> Self {
        let mut scope = Scope::default();
        scope.declare("$");
        scope
    }

    pub(crate) fn declare(&mut self, name: &'t str) {
        self.variables.push(name);
        *self.declared.entry(name).or_default() += 1;
    }

    /// Drops all but the first variables.
    pub(crate) fn truncate(&mut self, length: usize) {
        for name in self.variables.drain(length..) {
            if let Some(count) = self.declared.get_mut(name) {
                *count -= 1;
            }
        }
    }

    pub(crate) fn is_declared(&self, variable: &str) -> bool {
        self.declared.get(variable).is_some_and(|&count| count > 0)
    }

    /// Returns the number of variables, for `truncate`.
    pub(crate) fn length(&self) -> usize {
        self.variables.len()
    }
}
