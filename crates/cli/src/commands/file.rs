//! Reads files that options name.

use std::fmt::Display;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use ccs_builder::ExitCode;
use ccs_builder::input::{self, ReadError};

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

/// Reads a file, or what another program writes into a pipe; no more than a connection.json may hold.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failure = |reason: &dyn Display| {
        Failure::new(format!("cannot read {}: {reason}", file.display())).with_code(ExitCode::InputOutput)
    };
    let mut content = Vec::new();
    File::open(file)
        .and_then(|open| open.take(input::MAX_CONNECTION + 1).read_to_end(&mut content))
        .map_err(|error| failure(&error))?;
    if content.len() as u64 > input::MAX_CONNECTION {
        return Err(failure(&ReadError::TooLarge(input::MAX_CONNECTION)));
    }
    Ok(content)
}
