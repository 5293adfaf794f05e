//! Options of `ccs unpack`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs unpack`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs unpack basic.tgz basic && ccs lint basic")]
pub(crate) struct Unpack {
    /// The package file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The new or empty folder to write to
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}
