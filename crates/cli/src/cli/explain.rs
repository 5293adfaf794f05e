//! Options of `ccs explain`.

use clap::Args;

/// Options of `ccs explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs explain \"external builder 'ccaas_builder' failed: exit status 13\"\n  \
                  docker logs peer0 2>&1 | ccs explain\n  ccs explain peer.log\n  ccs explain 13\n  \
                  ccs explain plaintext-remote\n\nExit codes: 0 something was recognized, 1 nothing was.\n\
                  All known texts: \"What errors mean\" (docs/errors.html)."
)]
pub(crate) struct Explain {
    /// The error text or a file with a log; an exit code of this project; or the name of an error or of a finding of lint or
    /// doctor. Without it, or for -, standard input is read
    #[arg(value_name = "ERROR TEXT", trailing_var_arg = true)]
    pub(crate) text: Vec<String>,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
