//! The variables a parser knows, and whether it is inside a loop.

use std::collections::BTreeMap;

/// What is reset for each `define` and `block`.
#[derive(Default)]
pub(crate) struct Scope<'t> {
    /// Variables in the order of their declaration.
    variables: Vec<&'t str>,
    /// How often each name is declared: a look-up must not walk a long list.
    declared: BTreeMap<&'t str, usize>,
    /// Loops around the current node: only there may `break` and `continue` stand.
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

    /// Forgets all but the first variables.
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

    /// The number of variables, to go back to with `truncate`.
    pub(crate) fn length(&self) -> usize {
        self.variables.len()
    }
}
