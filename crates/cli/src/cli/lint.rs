//! Options of `ccs lint`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `ccs lint`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs lint basic.tgz\n  ccs lint basic.tgz --strict --json\n  ccs lint basic.tgz --format github\n  ccs lint src\n  ccs lint connection.json\n\n\
                  A folder holds connection.json and META-INF, or is the output of ccs unpack.\nAll findings: \"Check a package: ccs lint\" (docs/lint.html)."
)]
pub(crate) struct Lint {
    /// A package file, a folder with the files of a package, or a connection.json
    #[arg(value_name = "FILE or DIR")]
    pub(crate) subject: PathBuf,
    /// Treat warnings as errors, with exit code 1
    #[arg(long)]
    pub(crate) strict: bool,
    /// The format of the findings
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
    /// Print a JSON document: see "JSON output" (docs/json.html). The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,
}

/// A format of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// Text for people
    Text,
    /// A JSON document
    Json,
    /// Annotations of a GitHub Actions workflow, and the summary
    Github,
}
