//! Formats values as text, like Go's `fmt` and `strconv`.

pub(crate) mod directive;
pub(crate) mod flags;
pub(crate) mod float;
pub(crate) mod integer;
pub(crate) mod printer;
pub(crate) mod quote;
