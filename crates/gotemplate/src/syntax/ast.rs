//! The tree of a parsed template.

use std::collections::BTreeMap;

/// All templates of one text, by name; the name of the main one is empty.
///
/// Names are bytes, because `{{define "\xff"}}` is valid.
pub(crate) type Trees = BTreeMap<Vec<u8>, Vec<Node>>;

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Text(String),
    Action(Pipe),
    If(Choice),
    With(Choice),
    Range { pipe: Pipe, body: Vec<Node>, otherwise: Option<Vec<Node>> },
    Template { name: Vec<u8>, pipe: Option<Pipe>, line: usize },
    Break,
    Continue,
}

impl Node {
    /// Returns whether the node is blank text: a template of only blank text does not replace another.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self, Node::Text(text) if text.trim().is_empty())
    }
}

/// An `if` or `with` with its `else if` or `else with` branches in a flat list, so that long chains do not result in
/// deep trees.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) branches: Vec<(Pipe, Vec<Node>)>,
    pub(crate) otherwise: Option<Vec<Node>>,
}

/// A pipeline, `$a, $b := command | command`.
#[derive(Debug, Clone)]
pub(crate) struct Pipe {
    pub(crate) line: usize,
    pub(crate) variables: Vec<String>,
    /// Whether the operator is `=` and not `:=`.
    pub(crate) assigns: bool,
    pub(crate) commands: Vec<Command>,
}

/// A list of operands; the parser never makes an empty one.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) first: Operand,
    pub(crate) rest: Vec<Operand>,
}

#[derive(Debug, Clone)]
pub(crate) enum Operand {
    Dot,
    Nil,
    Bool(bool),
    Number(Number),
    Text(Vec<u8>),
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`
    Variable {
        name: String,
        fields: Vec<String>,
    },
    Function(Function),
    Parenthesized(Pipe),
    /// `(...).a.b`
    Chain {
        base: Box<Operand>,
        fields: Vec<String>,
    },
}

/// A number literal, with the type that Go chooses if nothing else determines it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
    /// A number that fits uint64 but not int, which is an error only when it is evaluated.
    Overflow,
}

/// Go's built-in functions (`text/template/funcs.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    UrlQuery,
}

impl Function {
    /// Every function with the minimum and, if it is not variadic, the maximum number of arguments.
    const ALL: [(&'static str, Function, usize, Option<usize>); 19] = [
        ("and", Function::And, 1, None),
        ("call", Function::Call, 1, None),
        ("eq", Function::Eq, 1, None),
        ("ge", Function::Ge, 2, Some(2)),
        ("gt", Function::Gt, 2, Some(2)),
        ("html", Function::Html, 0, None),
        ("index", Function::Index, 1, None),
        ("js", Function::Js, 0, None),
        ("le", Function::Le, 2, Some(2)),
        ("len", Function::Len, 1, Some(1)),
        ("lt", Function::Lt, 2, Some(2)),
        ("ne", Function::Ne, 2, Some(2)),
        ("not", Function::Not, 1, Some(1)),
        ("or", Function::Or, 1, None),
        ("print", Function::Print, 0, None),
        ("printf", Function::Printf, 1, None),
        ("println", Function::Println, 0, None),
        ("slice", Function::Slice, 1, None),
        ("urlquery", Function::UrlQuery, 0, None),
    ];

    pub(crate) fn named(name: &str) -> Option<Function> {
        Function::ALL.iter().find(|entry| entry.0 == name).map(|entry| entry.1)
    }

    pub(crate) fn name(self) -> &'static str {
        Function::ALL.iter().find(|entry| entry.1 == self).map_or("function", |entry| entry.0)
    }

    pub(crate) fn accepts(self, arguments: usize) -> bool {
        Function::ALL.iter().any(|&(_, f, least, most)| {
            f == self && arguments >= least && most.is_none_or(|most| arguments <= most)
        })
    }
}
