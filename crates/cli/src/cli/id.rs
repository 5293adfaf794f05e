//! Options of `ccs id`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs id`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  export CHAINCODE_ID=$(ccs id basic.tgz)")]
pub(crate) struct Id {
    /// Package files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}
