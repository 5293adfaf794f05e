//! How a command writes its result, its warnings and its advice; every command imports from here.

use std::path::Path;

use crate::failure::Failure;
use crate::style;
use ccs_report::shell;

/// Prints a warning on stderr.
pub(crate) fn warn(message: &str) {
    let warn = style::WARN;
    anstream::eprintln!("{warn}warning:{warn:#} {}", style::safe(message));
}

/// Prints a line about the progress on stderr.
pub(crate) fn note(line: &str) {
    anstream::eprintln!("{}", style::safe(line));
}

/// Quotes a path as one word of a shell command.
pub(crate) fn word(path: &Path) -> String {
    shell::quote(&style::safe(&path.to_string_lossy()))
}

/// Writes a result to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    anstream::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Failure::new(format!("cannot write to standard output: {error}")))
}

/// Writes a result to stdout as JSON.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| Failure::from_error(&error))?;
    text.push('\n');
    print(&text)
}

/// Writes a result to stdout as JSON on one line.
pub(crate) fn print_json_line(value: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string(value).map_err(|error| Failure::from_error(&error))?;
    text.push('\n');
    print(&text)
}

/// Starts the async runtime of a command.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))
}
