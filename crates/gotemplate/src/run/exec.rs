//! Executes a tree with data (`text/template/exec.go` of Go 1.26).

use std::collections::BTreeMap;

use crate::error::{Fault, RenderError, quoted};
use crate::format::printer::Printer;
use crate::limits::{Limits, MAX_RENDER_DEPTH};
use crate::syntax::ast::{Choice, Node, Pipe, Trees};
use crate::value::{Text, Val, Value};

/// The number of bytes that a function processes, or of variables that a search visits, in one step.
const UNITS_IN_STEP: usize = 16;

/// The state of one rendering.
pub(crate) struct Exec<'a> {
    trees: &'a Trees,
    pub(crate) limits: &'a Limits,
    out: Vec<u8>,
    steps: u64,
    depth: usize,
    /// All variables in scope; those below `frame` belong to the callers of the current template.
    variables: Vec<(&'a str, Val<'a>)>,
    frame: usize,
    /// The line of the current action, for errors.
    line: usize,
}

/// How the execution of a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Through,
    Break,
    Continue,
}

/// Renders the main template.
pub(crate) fn render<'a>(
    trees: &'a Trees,
    data: Option<&'a BTreeMap<String, Value>>,
    limits: &'a Limits,
) -> Result<Vec<u8>, RenderError> {
    let root = data.map_or(Val::NilMap, Val::Map);
    let mut exec = Exec {
        trees,
        limits,
        out: Vec::new(),
        steps: 0,
        depth: 0,
        variables: vec![("$", root.clone())],
        frame: 0,
        line: 1,
    };
    let main: &[Node] = trees.get(b"".as_slice()).map_or(&[], Vec::as_slice);
    match exec.list(main, &root) {
        Ok(_) => Ok(exec.out),
        Err(fault) => Err(fault.at(exec.line)),
    }
}

/// Limits.
impl<'a> Exec<'a> {
    pub(crate) fn charge(&mut self, units: usize) -> Result<(), Fault> {
        self.steps = self.steps.saturating_add(1 + (units / UNITS_IN_STEP) as u64);
        if self.steps <= self.limits.steps {
            return Ok(());
        }
        Err(Fault::Limit { what: "steps", limit: self.limits.steps })
    }

    /// Runs a function one level deeper.
    pub(crate) fn nested<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let limit = self.limits.depth.min(MAX_RENDER_DEPTH);
        if self.depth >= limit {
            return Err(Fault::Limit { what: "nesting", limit: limit as u64 });
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.out.len().saturating_add(bytes.len()) > self.limits.output_bytes {
            return Err(Fault::Limit { what: "bytes of output", limit: self.limits.output_bytes as u64 });
        }
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes the result of an action.
    fn print(&mut self, value: &Val<'a>) -> Result<(), Fault> {
        match value {
            Val::Nil => self.write(b"<no value>"),
            Val::Text(text) => self.write(text.bytes()),
            _ => {
                let mut printer = Printer::new(self.limits.output_bytes);
                printer.print(value, 'v');
                let text = printer.finish()?;
                self.charge(text.len())?;
                self.write(&text)
            }
        }
    }
}

/// Variables.
impl<'a> Exec<'a> {
    fn position(&mut self, name: &str) -> Result<usize, Fault> {
        let found = self.variables[self.frame..].iter().rposition(|(declared, _)| *declared == name);
        let undefined = || Fault::Type(format!("undefined variable {}", quoted(name)));
        let position = self.frame + found.ok_or_else(undefined)?;
        // Each variable with a name of this length may have been compared with it to the last byte.
        self.charge((self.variables.len() - position).saturating_mul(1 + name.len() / UNITS_IN_STEP))?;
        Ok(position)
    }

    pub(crate) fn variable(&mut self, name: &str) -> Result<Val<'a>, Fault> {
        let position = self.position(name)?;
        Ok(self.variables[position].1.clone())
    }

    fn assign(&mut self, name: &str, value: Val<'a>) -> Result<(), Fault> {
        let position = self.position(name)?;
        self.variables[position].1 = value;
        Ok(())
    }
}

/// Nodes.
impl<'a> Exec<'a> {
    fn list(&mut self, nodes: &'a [Node], dot: &Val<'a>) -> Result<Flow, Fault> {
        for node in nodes {
            let flow = self.node(node, dot)?;
            if flow != Flow::Through {
                return Ok(flow);
            }
        }
        Ok(Flow::Through)
    }

    fn node(&mut self, node: &'a Node, dot: &Val<'a>) -> Result<Flow, Fault> {
        self.charge(0)?;
        match node {
            Node::Text(text) => self.write(text.as_bytes())?,
            Node::Action(pipe) => {
                let value = self.pipeline(pipe, dot)?;
                if pipe.variables.is_empty() {
                    self.print(&value)?;
                }
            }
            Node::If(choice) => return self.nested(|exec| exec.choice(choice, dot, false)),
            Node::With(choice) => return self.nested(|exec| exec.choice(choice, dot, true)),
            Node::Range { pipe, body, otherwise } => {
                let otherwise = otherwise.as_deref().unwrap_or_default();
                return self.nested(|exec| exec.range(pipe, body, otherwise, dot));
            }
            Node::Template { name, pipe, line } => {
                self.line = *line;
                self.template(name, pipe.as_ref(), dot)?;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Through)
    }

    fn choice(&mut self, choice: &'a Choice, dot: &Val<'a>, sets_dot: bool) -> Result<Flow, Fault> {
        let variables = self.variables.len();
        let mut chosen = (choice.otherwise.as_deref().unwrap_or_default(), dot.clone());
        for (pipe, nodes) in &choice.branches {
            let value = self.pipeline(pipe, dot)?;
            if value.truth() {
                chosen = (nodes.as_slice(), if sets_dot { value } else { dot.clone() });
                break;
            }
        }
        let flow = self.list(chosen.0, &chosen.1)?;
        self.variables.truncate(variables);
        Ok(flow)
    }

    fn range(
        &mut self,
        pipe: &'a Pipe,
        body: &'a [Node],
        otherwise: &'a [Node],
        dot: &Val<'a>,
    ) -> Result<Flow, Fault> {
        let variables = self.variables.len();
        let value = self.pipeline(pipe, dot)?;
        let count = match &value {
            Val::Nil | Val::NilMap => 0,
            Val::List(list) => list.length,
            Val::Map(map) => map.len(),
            Val::Int(_) | Val::Byte(_) if pipe.variables.len() > 1 => {
                return Err(Fault::Type("can't range over a number with two variables".to_string()));
            }
            Val::Int(count) => usize::try_from(*count).unwrap_or(0),
            Val::Byte(count) => usize::from(*count),
            _ => return Err(Fault::Type(format!("range can't iterate over {}", value.type_name()))),
        };
        let flow = if count == 0 {
            self.list(otherwise, dot)?
        } else {
            self.iterate(pipe, body, &value, count)?;
            Flow::Through
        };
        self.variables.truncate(variables);
        Ok(flow)
    }

    fn iterate(
        &mut self,
        pipe: &'a Pipe,
        body: &'a [Node],
        value: &Val<'a>,
        count: usize,
    ) -> Result<(), Fault> {
        let variables = self.variables.len();
        let mut entries = match value {
            Val::Map(map) => Some(map.iter()),
            _ => None,
        };
        for index in 0..count {
            self.charge(0)?;
            let position = Val::Int(i64::try_from(index).unwrap_or(i64::MAX));
            let (key, item) = match (value, entries.as_mut().and_then(Iterator::next)) {
                (_, Some((key, item))) => (Val::Text(Text::Borrowed(key.as_bytes())), Val::from(item)),
                (Val::List(list), _) => (position, list.get(index).unwrap_or(Val::Nil)),
                (Val::Byte(_), _) => (Val::Nil, Val::Byte(u8::try_from(index).unwrap_or(u8::MAX))),
                _ => (Val::Nil, position),
            };
            self.bind(pipe, key, &item)?;
            let flow = self.list(body, &item)?;
            self.variables.truncate(variables);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    /// Sets the variables of a range for one iteration.
    fn bind(&mut self, pipe: &'a Pipe, key: Val<'a>, item: &Val<'a>) -> Result<(), Fault> {
        let top = self.variables.len();
        match pipe.variables.as_slice() {
            [] => {}
            [name] if pipe.assigns => self.assign(name, item.clone())?,
            [first, second, ..] if pipe.assigns => {
                self.assign(first, key)?;
                self.assign(second, item.clone())?;
            }
            [_] => self.variables[top - 1].1 = item.clone(),
            [_, _, ..] => {
                self.variables[top - 1].1 = item.clone();
                self.variables[top - 2].1 = key;
            }
        }
        Ok(())
    }

    fn template(&mut self, name: &[u8], pipe: Option<&'a Pipe>, dot: &Val<'a>) -> Result<(), Fault> {
        self.charge(name.len())?;
        let Some(nodes) = self.trees.get(name) else {
            return Err(Fault::Type(format!(
                "template {} not defined",
                quoted(&String::from_utf8_lossy(name))
            )));
        };
        let argument = match pipe {
            Some(pipe) => self.pipeline(pipe, dot)?,
            None => Val::Nil,
        };
        let (frame, line) = (self.frame, self.line);
        self.frame = self.variables.len();
        self.variables.push(("$", argument.clone()));
        self.nested(|exec| exec.list(nodes, &argument))?;
        self.variables.truncate(self.frame);
        (self.frame, self.line) = (frame, line);
        Ok(())
    }

    /// Evaluates a pipeline and declares or assigns its variables.
    pub(crate) fn pipeline(&mut self, pipe: &'a Pipe, dot: &Val<'a>) -> Result<Val<'a>, Fault> {
        self.line = pipe.line;
        let mut value = None;
        for command in &pipe.commands {
            value = Some(self.command(command, dot, value)?);
        }
        let value = value.unwrap_or(Val::Nil);
        for name in &pipe.variables {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        Ok(value)
    }
}
