//! Options of `ccs man`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs man`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// The existing folder for the pages
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Replace existing pages
    #[arg(long)]
    pub(crate) force: bool,
}
