//! Output of results, warnings and hints; every command imports from here.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;
pub(crate) use crate::progress::{note, print_next};
use crate::style;
use ccs_report::shell;

/// Whether a JSON document was printed.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// Prints a warning on stderr.
pub(crate) fn warn(message: &str) {
    let warn = style::WARN;
    anstream::eprintln!("{warn}warning:{warn:#} {}", style::safe(message));
}

/// Quotes a path as one word of a shell command.
pub(crate) fn word(path: &Path) -> String {
    shell::quote(&style::safe(&path.to_string_lossy()))
}

/// Shortens a package ID, which is long and usually identified by its label.
pub(crate) fn short(package_id: &str) -> String {
    const DIGITS: usize = 12;
    match package_id.rsplit_once(':') {
        Some((label, hash)) => format!("{label}:{}", hash.chars().take(DIGITS).collect::<String>()),
        None => package_id.to_owned(),
    }
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
    print(&text)?;
    PRINTED.store(true, Ordering::Relaxed);
    Ok(())
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

/// Writes the document of a failure to stdout, unless the command has printed one that says why it fails.
pub(crate) fn print_failure(failure: &Failure) {
    if !PRINTED.load(Ordering::Relaxed) {
        // The failure itself is on stderr already.
        let _ = print_json_line(&serde_json::json!({ "error": failure.document() }));
    }
}
