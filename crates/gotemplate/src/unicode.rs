//! Classifies characters like Go's `unicode` and `unicode/utf8`.

pub(crate) mod chars;
pub(crate) mod tables;
