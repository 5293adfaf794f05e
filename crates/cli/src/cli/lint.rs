//! Options of `ccs lint`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs lint`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs lint basic.tgz\n  ccs lint basic.tgz --strict --json\n  ccs lint src\n\n\
                  A folder holds connection.json and META-INF, or is the output of ccs unpack.\ndocs/lint.md explains each finding."
)]
pub(crate) struct Lint {
    /// A package file, or a folder with the files of a package
    #[arg(value_name = "FILE or DIR")]
    pub(crate) subject: PathBuf,
    /// Treat warnings as errors, with exit code 1
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}
