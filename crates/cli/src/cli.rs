//! The command line: types and help texts, no logic.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::style;

/// Chaincode as a service for Hyperledger Fabric.
#[derive(Debug, Parser)]
#[command(
    name = "ccs",
    version,
    styles = style::CLAP,
    disable_help_subcommand = true,
    after_help = "Try it:  ccs demo\n\nExit codes are those of the builder, see docs/exit-codes.md; 2 is a wrong command line."
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show a package become a chaincode that answers, without a Fabric network
    ///
    /// Makes a package, runs it through the real detect, build and release of ccs-builder under the rules of a peer, starts
    /// a sample chaincode as a service in its own process, connects to it as a peer does, and runs a handful of
    /// transactions. Ends with exit code 0 only if all of that happened.
    Demo(Demo),
    /// Make a chaincode package of the type ccaas
    ///
    /// The package is one that a peer installs and a builder takes: what the builder would refuse is refused here, by the
    /// same code. The same inputs give the same package ID on every machine.
    Package(Package),
    /// Print the package ID of package files
    ///
    /// It is the same that `peer lifecycle chaincode calculatepackageid` prints.
    Id(Id),
    /// Print the completions for a shell
    #[command(after_help = "Example:  ccs completions bash > /etc/bash_completion.d/ccs")]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// The chaincode of the demo, as a server
    #[command(hide = true)]
    SampleChaincode,
}

/// Options of `ccs demo`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs demo --tls --keep /tmp/demo")]
pub(crate) struct Demo {
    /// Use mutual TLS, with certificates made for the occasion
    #[arg(long)]
    pub(crate) tls: bool,
    /// Keep the package, the certificates and the builder's output in this folder, which must be new or empty
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// The builder's executable [default: ccs-builder beside this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) builder: Option<PathBuf>,
    /// Print one JSON document in place of the story
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs package`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs package basic.tgz --label basic_1.0 --address basic.example.com:9999\n  \
                  ccs package basic.tgz --label basic_1.0 --connection connection.json --meta-inf META-INF"
)]
pub(crate) struct Package {
    /// The package file to write
    #[arg(value_name = "OUT.tgz")]
    pub(crate) out: PathBuf,
    /// The label, first half of the package ID
    #[arg(long)]
    pub(crate) label: String,
    /// Where the chaincode listens; may be a template
    #[arg(
        long,
        value_name = "HOST:PORT",
        required_unless_present = "connection",
        conflicts_with = "connection"
    )]
    pub(crate) address: Option<String>,
    /// A ready connection.json
    #[arg(long, value_name = "FILE")]
    pub(crate) connection: Option<PathBuf>,
    /// Certificates of the CA that issued the chaincode's; turns TLS on
    #[arg(long, value_name = "PEM", conflicts_with = "connection")]
    pub(crate) root_cert: Option<PathBuf>,
    /// The certificate that the peer presents; turns client authentication on
    #[arg(long, value_name = "PEM", requires = "client_key", requires = "root_cert")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The key of that certificate
    #[arg(long, value_name = "PEM", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// How long the peer tries to connect, such as 10s
    #[arg(long, value_name = "DURATION", conflicts_with = "connection")]
    pub(crate) dial_timeout: Option<String>,
    /// A META-INF folder with CouchDB indexes
    #[arg(long, value_name = "DIR")]
    pub(crate) meta_inf: Option<PathBuf>,
    /// The type that builders look at
    #[arg(long = "type", value_name = "TYPE", default_value = "ccaas", value_parser = ["ccaas", "external"])]
    pub(crate) chaincode_type: String,
    /// Replace the file if it exists
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs id`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  export CHAINCODE_ID=$(ccs id basic.tgz)")]
pub(crate) struct Id {
    /// Package files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
