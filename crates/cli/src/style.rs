//! Colors, only for terminals, and text that is safe to print there.

use clap::builder::Styles;

pub(crate) use ccs_report::style::{BAD, FAINT, GOOD, NAME, WARN, duration};
pub(crate) use ccs_report::terminal::safe;

/// The colors of help and usage.
pub(crate) const CLAP: Styles =
    Styles::styled().header(NAME).usage(NAME).literal(GOOD).error(BAD).valid(GOOD).invalid(BAD);
