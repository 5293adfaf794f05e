//! Parses text to trees, independent of the data.

pub(crate) mod ast;
pub(crate) mod keys;
pub(crate) mod lexer;
pub(crate) mod literal;
pub(crate) mod operand;
pub(crate) mod parser;
pub(crate) mod pipeline;
pub(crate) mod scope;
pub(crate) mod statement;
