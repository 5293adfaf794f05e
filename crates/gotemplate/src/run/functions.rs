//! Commands, operands and the built-in functions (`text/template/exec.go` and `funcs.go` of Go 1.26).

use crate::error::{Fault, quoted};
use crate::format::directive;
use crate::run::compare::{equals_any, less, less_or_equal};
use crate::run::escape;
use crate::run::exec::Exec;
use crate::syntax::ast::{Command, Function, Number, Operand};
use crate::value::{List, Text, Val};

fn fault<T>(message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Type(message.into()))
}

impl<'a> Exec<'a> {
    /// Evaluates one command of a pipeline; `last` is the result of the command before it.
    pub(crate) fn command(
        &mut self,
        command: &'a Command,
        dot: &Val<'a>,
        last: Option<Val<'a>>,
    ) -> Result<Val<'a>, Fault> {
        self.charge(0)?;
        let has_arguments = !command.rest.is_empty() || last.is_some();
        match &command.first {
            Operand::Function(function) => self.call(*function, &command.rest, dot, last),
            Operand::Nil => fault("nil is not a command"),
            operand => self.operand(operand, dot, has_arguments),
        }
    }

    /// Evaluates an operand. With arguments, it would have to be a function or method, but no operand is.
    fn operand(
        &mut self,
        operand: &'a Operand,
        dot: &Val<'a>,
        has_arguments: bool,
    ) -> Result<Val<'a>, Fault> {
        self.charge(0)?;
        match operand {
            Operand::Field(names) => self.fields(dot.clone(), names, has_arguments),
            Operand::Variable { name, fields } if !fields.is_empty() => {
                let value = self.variable(name)?;
                self.fields(value, fields, has_arguments)
            }
            Operand::Chain { base, fields } => {
                let value = self.operand(base, dot, false)?;
                self.fields(value, fields, has_arguments)
            }
            _ if has_arguments => fault("can't give an argument to a non-function"),
            Operand::Parenthesized(pipe) => self.nested(|exec| exec.pipeline(pipe, dot)),
            Operand::Function(function) => self.call(*function, &[], dot, None),
            Operand::Variable { name, .. } => self.variable(name),
            Operand::Dot => Ok(dot.clone()),
            Operand::Nil => Ok(Val::Nil),
            Operand::Bool(value) => Ok(Val::Bool(*value)),
            Operand::Text(text) => Ok(Val::Text(Text::Borrowed(text))),
            Operand::Number(Number::Int(value)) => Ok(Val::Int(*value)),
            Operand::Number(Number::Float(value)) => Ok(Val::Float(*value)),
            Operand::Number(Number::Overflow) => fault("integer overflows int"),
        }
    }

    fn fields(&mut self, value: Val<'a>, names: &'a [String], has_arguments: bool) -> Result<Val<'a>, Fault> {
        self.charge(names.len())?;
        let mut value = value;
        for (index, name) in names.iter().enumerate() {
            let with_arguments = has_arguments && index + 1 == names.len();
            value = match value {
                Val::Map(_) | Val::NilMap if with_arguments => {
                    return fault(format!("{} is not a method but has arguments", quoted(name)));
                }
                Val::Map(map) => match map.get(name) {
                    Some(item) => Val::from(item),
                    None => return Err(Fault::MissingKey(name.clone())),
                },
                Val::NilMap => return Err(Fault::MissingKey(name.clone())),
                Val::Nil => return fault(format!("can't take field {} of nil", quoted(name))),
                other => {
                    return fault(format!("can't take field {} of a {}", quoted(name), other.type_name()));
                }
            };
        }
        Ok(value)
    }

    fn call(
        &mut self,
        function: Function,
        operands: &'a [Operand],
        dot: &Val<'a>,
        last: Option<Val<'a>>,
    ) -> Result<Val<'a>, Fault> {
        let count = operands.len() + usize::from(last.is_some());
        if !function.accepts(count) {
            return fault(format!("wrong number of arguments for {}: {count}", function.name()));
        }
        if matches!(function, Function::And | Function::Or) {
            return self.short_circuit(function == Function::Or, operands, dot, last);
        }
        let mut arguments = Vec::with_capacity(count);
        for operand in operands {
            arguments.push(self.operand(operand, dot, false)?);
        }
        arguments.extend(last);
        for argument in &arguments {
            if let Val::Text(text) = argument {
                self.charge(text.bytes().len())?;
            }
        }
        let result = apply(function, &arguments, self.limits.output_bytes)?;
        if let Val::Text(text) = &result {
            self.charge(text.bytes().len())?;
        }
        Ok(result)
    }

    /// Evaluates `and` and `or`: returns the first argument that decides, or the last.
    fn short_circuit(
        &mut self,
        or: bool,
        operands: &'a [Operand],
        dot: &Val<'a>,
        last: Option<Val<'a>>,
    ) -> Result<Val<'a>, Fault> {
        let mut value = Val::Nil;
        for operand in operands {
            value = self.operand(operand, dot, false)?;
            if value.truth() == or {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }
}

/// Calls a function other than `and` and `or`; the number of arguments has been checked.
fn apply<'a>(function: Function, arguments: &[Val<'a>], limit: usize) -> Result<Val<'a>, Fault> {
    let Some((first, rest)) = arguments.split_first() else {
        // Only the print functions accept calls without arguments.
        return Ok(Val::built(if function == Function::Println { b"\n".to_vec() } else { Vec::new() }));
    };
    let truth = match (function, rest) {
        (Function::Eq, _) => equals_any(arguments)?,
        (Function::Ne, _) => !equals_any(arguments)?,
        (Function::Lt, [second, ..]) => less(first, second)?,
        (Function::Le, [second, ..]) => less_or_equal(first, second)?,
        (Function::Gt, [second, ..]) => !less_or_equal(first, second)?,
        (Function::Ge, [second, ..]) => !less(first, second)?,
        (Function::Not, _) => !first.truth(),
        (Function::Index, _) => return index(first, rest),
        (Function::Slice, _) => return slice(first, rest),
        (Function::Len, _) => return length(first),
        (Function::Printf, _) => {
            let Val::Text(format) = first else {
                return fault(format!("the format of printf is a {}, not a string", first.type_name()));
            };
            return directive::sprintf(format.bytes(), rest, limit).map(Val::built);
        }
        (Function::Print, _) => return directive::sprint(arguments, limit).map(Val::built),
        (Function::Println, _) => return directive::sprintln(arguments, limit).map(Val::built),
        (Function::Html, _) => return escaped(arguments, limit, escape::html),
        (Function::Js, _) => return escaped(arguments, limit, escape::js),
        (Function::UrlQuery, _) => return escaped(arguments, limit, escape::url_query),
        _ => return fault(format!("can't call a {}: it is not a function", first.type_name())),
    };
    Ok(Val::Bool(truth))
}

/// Prints the arguments like an action, then escapes the text.
fn escaped<'a>(arguments: &[Val<'_>], limit: usize, escape: fn(&[u8]) -> Vec<u8>) -> Result<Val<'a>, Fault> {
    let shown: Vec<Val<'_>> = arguments
        .iter()
        .map(|argument| match argument {
            Val::Nil => Val::Text(Text::Borrowed(b"<no value>")),
            other => other.clone(),
        })
        .collect();
    let text = escape(&directive::sprint(&shown, limit)?);
    if text.len() > limit {
        return Err(Fault::Limit { what: "bytes of output", limit: limit as u64 });
    }
    Ok(Val::built(text))
}

fn length<'a>(value: &Val<'_>) -> Result<Val<'a>, Fault> {
    let length = match value {
        Val::Text(text) => text.bytes().len(),
        Val::List(list) => list.length,
        Val::Map(map) => map.len(),
        Val::NilMap => 0,
        Val::Nil => return fault("len of nil"),
        _ => return fault(format!("len of a {}", value.type_name())),
    };
    Ok(Val::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

/// Evaluates `index x 1 "a"`: Go's `x[1]["a"]`, but a missing key of a map results in nil.
fn index<'a>(item: &Val<'a>, indexes: &[Val<'a>]) -> Result<Val<'a>, Fault> {
    if matches!(item, Val::Nil) {
        return fault("index of nil");
    }
    let mut item = item.clone();
    for index in indexes {
        item = match (&item, index) {
            (Val::Map(map), Val::Text(key)) => {
                let found = std::str::from_utf8(key.bytes()).ok().and_then(|key| map.get(key));
                found.map_or(Val::Nil, Val::from)
            }
            (Val::NilMap, Val::Text(_)) => Val::Nil,
            (Val::Map(_) | Val::NilMap, _) => {
                return fault(format!("key of a map is a {}, not a string", index.type_name()));
            }
            (Val::List(list), _) => {
                let position = position(index, list.length)?;
                list.get(position).map_or_else(|| fault(out_of_range(position)), Ok)?
            }
            (Val::Text(text), _) => {
                let position = position(index, text.bytes().len())?;
                let byte = text.bytes().get(position).copied();
                byte.map_or_else(|| fault(out_of_range(position)), |byte| Ok(Val::Byte(byte)))?
            }
            (other, _) => return fault(format!("can't index a {}", other.type_name())),
        };
    }
    Ok(item)
}

fn out_of_range(position: usize) -> String {
    format!("index out of range: {position}")
}

/// Returns an index, which may be at most `most`.
fn position(index: &Val<'_>, most: usize) -> Result<usize, Fault> {
    let value = match index {
        Val::Int(value) => *value,
        Val::Byte(value) => i64::from(*value),
        _ => return fault(format!("an index is a {}, not an int", index.type_name())),
    };
    match usize::try_from(value) {
        Ok(position) if position <= most => Ok(position),
        _ => fault(format!("index out of range: {value}")),
    }
}

/// Evaluates `slice x 1 2`: Go's `x[1:2]`; a list may be sliced up to its capacity.
fn slice<'a>(item: &Val<'a>, indexes: &[Val<'a>]) -> Result<Val<'a>, Fault> {
    let (length, capacity) = match item {
        Val::Text(text) => (text.bytes().len(), text.bytes().len()),
        Val::List(list) => (list.length, list.capacity),
        _ => return fault(format!("can't slice a {}", item.type_name())),
    };
    if indexes.len() > 3 || (matches!(item, Val::Text(_)) && indexes.len() == 3) {
        return fault(format!("too many slice indexes: {}", indexes.len()));
    }
    if let Val::List(list) = item
        && !list.capacity_is_exact
        && indexes.iter().any(|index| position(index, usize::MAX).is_ok_and(|index| index > capacity))
    {
        return Err(Fault::Unsupported("slicing a long list beyond its length"));
    }
    let bound = |nth: usize, default| indexes.get(nth).map_or(Ok(default), |index| position(index, capacity));
    let (start, end, most) = (bound(0, 0)?, bound(1, length)?, bound(2, capacity)?);
    if start > end || end > most {
        return fault(format!("invalid slice index: {start}:{end}:{most}"));
    }
    Ok(match item {
        Val::Text(Text::Borrowed(bytes)) => Val::Text(Text::Borrowed(&bytes[start..end])),
        Val::Text(text) => Val::built(text.bytes()[start..end].to_vec()),
        Val::List(list) => Val::List(List {
            items: list.items.get(start..).unwrap_or_default(),
            length: end - start,
            capacity: most - start,
            capacity_is_exact: list.capacity_is_exact || indexes.len() == 3,
        }),
        _ => Val::Nil,
    })
}
