//! Options of `ccs man`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs man`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// The folder to write to, which must exist
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Replace pages that exist
    #[arg(long)]
    pub(crate) force: bool,
}
