//! Trees and data to bytes.

pub(crate) mod compare;
pub(crate) mod escape;
pub(crate) mod exec;
pub(crate) mod functions;
