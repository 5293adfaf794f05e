//! Options of `ccs diff`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs diff`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs diff mine.tgz theirs.tgz\n\n\
                  Exit codes: 0 equal package IDs, 1 different package IDs, 10 or 20 unreadable package.")]
pub(crate) struct Diff {
    /// A package file
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,
    /// Another package file
    #[arg(value_name = "B")]
    pub(crate) b: PathBuf,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}
