//! Executes trees with data.

pub(crate) mod compare;
pub(crate) mod escape;
pub(crate) mod exec;
pub(crate) mod functions;
