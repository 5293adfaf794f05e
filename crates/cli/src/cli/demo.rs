//! Options of `ccs demo`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs demo`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs demo --tls --keep /tmp/demo")]
pub(crate) struct Demo {
    /// Use mutual TLS, with new certificates
    #[arg(long)]
    pub(crate) tls: bool,
    /// Keep the package, the certificates and the builder's output in this new or empty folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// The executable of another builder [default: the builder in this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) builder: Option<PathBuf>,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
