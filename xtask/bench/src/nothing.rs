//! Does nothing: what it costs to start and end a static process, and no more.

fn main() {}
