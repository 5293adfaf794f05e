//! Reads files that options name.

use std::fs;
use std::path::Path;

use ccs_builder::ExitCode;

use crate::failure::Failure;

/// Reads a file of PEM text; without a file there is no text.
pub(super) fn text(file: Option<&Path>) -> Result<String, Failure> {
    let Some(file) = file else { return Ok(String::new()) };
    String::from_utf8(read(file)?).map_err(|_| {
        Failure::new(format!("{} is not text", file.display()))
            .hint("PEM files begin with -----BEGIN".to_owned())
            .with_code(ExitCode::Tls)
    })
}

/// Reads a file.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", file.display())).with_code(ExitCode::InputOutput)
    })
}
