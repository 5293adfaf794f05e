//! Characters, as Go's `unicode` and `unicode/utf8` class them.

pub(crate) mod chars;
pub(crate) mod tables;
