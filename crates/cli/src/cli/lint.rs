//! Options of `ccs lint`.

use std::path::PathBuf;

use clap::Args;

/// Options of `ccs lint`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs lint basic.tgz\n  ccs lint basic.tgz --strict --json\n  ccs lint src\n\n\
                  A folder holds connection.json and META-INF, or is one that ccs unpack made.\ndocs/lint.md explains each finding by its name."
)]
pub(crate) struct Lint {
    /// The package file, or a folder that is to become one
    #[arg(value_name = "FILE or DIR")]
    pub(crate) subject: PathBuf,
    /// Fail for warnings too, with exit code 1
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}
