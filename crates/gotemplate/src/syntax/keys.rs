//! Determines which keys of the data a template reads by name, without running it.

use std::collections::BTreeSet;

use crate::syntax::ast::{Choice, Command, Function, Node, Operand, Pipe, Trees};

/// Collects the top-level keys that the main template, and the templates it calls, can read by name.
pub(crate) fn keys(trees: &Trees) -> BTreeSet<String> {
    let mut search = Search { trees, found: BTreeSet::new(), visited: BTreeSet::new(), pending: Vec::new() };
    search.call(b"", true);
    while let Some(name) = search.pending.pop() {
        if let Some(nodes) = trees.get(name) {
            search.list(nodes, true);
        }
    }
    search.found
}

struct Search<'a> {
    trees: &'a Trees,
    found: BTreeSet<String>,
    /// Templates that are called with the whole data as dot.
    visited: BTreeSet<&'a [u8]>,
    pending: Vec<&'a [u8]>,
}

/// In every template visited here, `$` is the whole data; `whole` is whether dot is as well.
impl<'a> Search<'a> {
    fn call(&mut self, name: &[u8], with_whole_data: bool) {
        if let Some((name, _)) = self.trees.get_key_value(name)
            && with_whole_data
            && self.visited.insert(name)
        {
            self.pending.push(name);
        }
    }

    fn list(&mut self, nodes: &'a [Node], whole: bool) {
        for node in nodes {
            match node {
                Node::Action(pipe) => self.pipe(pipe, whole),
                Node::If(choice) => self.choice(choice, whole, false),
                Node::With(choice) => self.choice(choice, whole, true),
                Node::Range { pipe, body, otherwise } => {
                    self.pipe(pipe, whole);
                    self.list(body, false);
                    self.list(otherwise.as_deref().unwrap_or_default(), whole);
                }
                Node::Template { name, pipe: Some(pipe), .. } => {
                    self.pipe(pipe, whole);
                    self.call(name, is_whole(pipe, whole));
                }
                Node::Template { .. } | Node::Text(_) | Node::Break | Node::Continue => {}
            }
        }
    }

    fn choice(&mut self, choice: &'a Choice, whole: bool, sets_dot: bool) {
        for (pipe, nodes) in &choice.branches {
            self.pipe(pipe, whole);
            self.list(nodes, whole && (!sets_dot || is_whole(pipe, whole)));
        }
        self.list(choice.otherwise.as_deref().unwrap_or_default(), whole);
    }

    fn pipe(&mut self, pipe: &'a Pipe, whole: bool) {
        for command in &pipe.commands {
            self.command(command, whole);
        }
    }

    fn command(&mut self, command: &'a Command, whole: bool) {
        if let (Operand::Function(Function::Index), [container, Operand::Text(key), ..]) =
            (&command.first, command.rest.as_slice())
            && operand_is_whole(container, whole)
        {
            self.found.insert(String::from_utf8_lossy(key).into_owned());
        }
        for operand in std::iter::once(&command.first).chain(&command.rest) {
            self.operand(operand, whole);
        }
    }

    fn operand(&mut self, operand: &'a Operand, whole: bool) {
        match operand {
            Operand::Field(names) if whole => self.found.extend(names.first().cloned()),
            Operand::Variable { name, fields } if name == "$" => self.found.extend(fields.first().cloned()),
            Operand::Parenthesized(pipe) => self.pipe(pipe, whole),
            Operand::Chain { base, fields } => {
                if operand_is_whole(base, whole) {
                    self.found.extend(fields.first().cloned());
                }
                self.operand(base, whole);
            }
            _ => {}
        }
    }
}

/// Returns whether the value of a pipeline is the whole data.
fn is_whole(pipe: &Pipe, whole: bool) -> bool {
    match pipe.commands.as_slice() {
        [command] => command.rest.is_empty() && operand_is_whole(&command.first, whole),
        _ => false,
    }
}

fn operand_is_whole(operand: &Operand, whole: bool) -> bool {
    match operand {
        Operand::Dot => whole,
        Operand::Variable { name, fields } => name == "$" && fields.is_empty(),
        Operand::Parenthesized(pipe) => is_whole(pipe, whole),
        _ => false,
    }
}
