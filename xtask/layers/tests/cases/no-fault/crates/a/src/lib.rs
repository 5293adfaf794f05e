//! A facade; `compare` is a module and a function, and one file below names what the file above declares.
mod above;
mod compare;
mod last;

pub use above::*;
pub use compare::compare;

#[cfg(test)]
mod tests;
