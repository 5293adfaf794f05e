//! The command line: types and help texts, no logic. Options of a command have a file of their own.

mod demo;
mod doctor;
mod explain;
mod id;
mod package;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use demo::Demo;
pub(crate) use doctor::Doctor;
pub(crate) use explain::Explain;
pub(crate) use id::Id;
pub(crate) use package::Package;

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
    /// Examine a peer's configuration and try its external builders
    ///
    /// Reads core.yaml and the variables that override it as the peer does, examines every external builder (path,
    /// programs, processor, interpreter, modes, variables) and asks the real detect of each which packages it takes. With a
    /// package it runs the real detect, build and release under the peer's pruned environment and shows what the peer
    /// would log and which connection.json it would get. It runs the builders' programs, as the peer does; --no-run
    /// prevents it.
    Doctor(Doctor),
    /// Say what an error text of a peer, shim or builder means, and what to do
    ///
    /// Takes one error or a whole log: every line that is recognised is explained, each error once. A long chain of errors
    /// is explained by its most specific part.
    Explain(Explain),
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
