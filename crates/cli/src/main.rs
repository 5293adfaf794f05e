//! The command `ccs`.
fn main() {}
