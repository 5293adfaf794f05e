//! Options of `ccs inspect`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs inspect`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs inspect basic.tgz\n  ccs inspect basic.tgz --json | jq -r '.certificates[].not_after'"
)]
pub(crate) struct Inspect {
    /// The package file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}
