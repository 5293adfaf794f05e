//! What a command prints on stderr besides its result, which --quiet leaves out.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::style;

/// Whether --quiet was given.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves out progress and next commands from now on.
pub(crate) fn be_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Returns whether next commands and progress are left out.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Prints the next command to type on stderr, as the last line of a command.
pub(crate) fn print_next(command: &str) {
    if !is_quiet() {
        let faint = style::FAINT;
        anstream::eprintln!("{faint}next: {command}{faint:#}");
    }
}

/// Prints a line about the progress on stderr.
pub(crate) fn note(line: &str) {
    if !is_quiet() {
        anstream::eprintln!("{line}");
    }
}
