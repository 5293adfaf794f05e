//! Five lines.

fn one() {}

fn two() {}
