//! The command line: types and help texts, no logic. Options of a command have a file of their own.

mod blocks;
mod call;
mod demo;
mod dev;
mod diff;
mod doctor;
mod duration;
mod env;
mod events;
mod explain;
mod groups;
mod id;
mod inspect;
mod launch;
mod lint;
mod man;
mod network;
mod package;
mod probe;
mod prune;
mod rebind;
mod render;
pub(crate) mod tls;
mod unpack;
mod user;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use blocks::{Blocks, Start};
pub(crate) use call::{Arguments, Call, Invoke, Query};
pub(crate) use demo::Demo;
pub(crate) use dev::{Dev, Named};
pub(crate) use diff::Diff;
pub(crate) use doctor::Doctor;
pub(crate) use env::{Env, Language, Place};
pub(crate) use events::Events;
pub(crate) use explain::Explain;
pub(crate) use groups::command;
pub(crate) use id::Id;
pub(crate) use inspect::Inspect;
pub(crate) use launch::{
    Check as LaunchCheck, Gc as LaunchGc, Launch, List as LaunchList, Reconcile as LaunchReconcile,
    Render as LaunchRender, Site as LaunchSite,
};
pub(crate) use lint::{Lint, LintFormat};
pub(crate) use man::Man;
pub(crate) use network::{Client, Network};
pub(crate) use package::{ImageTls, Package, Role, Type};
pub(crate) use probe::{Level, Probe};
pub(crate) use prune::Prune;
pub(crate) use rebind::{Place as RebindPlace, Rebind};
pub(crate) use render::Render;
pub(crate) use tls::Tls;
pub(crate) use unpack::Unpack;
pub(crate) use user::{Add as UserAdd, List as UserList, User};

use crate::style;

/// Chaincode as a service for Hyperledger Fabric.
#[derive(Debug, Parser)]
#[command(
    name = "ccs",
    version,
    styles = style::CLAP,
    disable_help_subcommand = true,
    after_help = "Try it:  ccs demo\n\nExit codes are those of the builder, see \"Exit codes\" (docs/exit-codes.html).\n2 means an invalid command line.\n\n\
                  Pages, such as docs/exit-codes.html, are on the documentation site. It is not published yet:\n\
                  build it in a checkout with `cargo xtask site`, or read docs/exit-codes.md there."
)]
pub(crate) struct Cli {
    /// When to color the output; without this option, `NO_COLOR` and `CLICOLOR_FORCE` decide too
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, help_heading = "Output")]
    pub(crate) color: Color,
    /// Print only results, warnings and errors: no progress and no next command
    #[arg(long, short, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to color the output. The help needs no more than the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run an end-to-end demo: from a package to transactions, without a Fabric network
    ///
    /// Makes a package, runs detect, build and release as a peer does, starts a sample chaincode in its own
    /// process, dials it as a peer does, and runs a few transactions. The exit code is 0 only if every step succeeds.
    Demo(Demo),
    /// Run a development peer: chaincode and applications without a network
    ///
    /// One peer of one organization that orders its own blocks. It deploys packages through the real builder, dials running
    /// chaincode or accepts its connection, starts a chaincode with --run and restarts it when files change, and serves
    /// applications that use the Fabric Gateway SDKs. The folder `organizations` holds the certificates, keys and connection
    /// profiles for them, in cryptogen's layout. For each transaction the peer prints function, result, keys and time.
    Dev(Box<Dev>),
    /// Package a chaincode: a connection, an image, a program, or source
    ///
    /// Runs the builder's own checks, so a package that the builder would reject is rejected here. The same input results in
    /// the same package ID on every machine.
    Package(Box<Package>),
    /// Print the package ID of package files
    ///
    /// The ID is the one that `peer lifecycle chaincode calculatepackageid` prints.
    Id(Id),
    /// Show the content of a package
    ///
    /// Prints label, type and package ID, the connection (never private keys), the keys that templates need from the peer's
    /// configuration, every certificate with its names and remaining days, the CouchDB indexes, and each archive entry with
    /// mode and size. To check a package, use `ccs lint`.
    Inspect(Inspect),
    /// Check a package for errors and risky settings
    ///
    /// Runs all of the builder's checks, also after the first error, and adds rules of its own: unusual archive entries,
    /// plaintext to another host, names that Kubernetes cannot hold. Each finding has a stable name, a severity and a hint.
    /// The exit code is 0 without errors, otherwise the code that the builder would return for the first error.
    Lint(Lint),
    /// Show the connection.json that each peer will read
    ///
    /// Renders and checks the package for each --peer, offline, with the builder's own code. `package_label`, `package_hash`
    /// and `package_hash_short` come from the package; all other keys come from --config, which replaces
    /// `CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG`. If rendering fails for a peer, the exit code is that of the builder.
    Render(Render),
    /// Unpack a package, as a peer does before it calls a builder
    ///
    /// Writes DIR/metadata/metadata.json and DIR/src. No archive can write outside of DIR: links are rejected. If the command
    /// fails, DIR does not appear. Only you can read DIR, since a package may hold a private key.
    Unpack(Unpack),
    /// Explain why two packages have different IDs
    ///
    /// Compares the files, then modes, owners, times, order and names of the archive entries, and the compression headers.
    /// Differences in JSON files are shown without private keys. The exit code is 0 if the package IDs are equal, otherwise 1.
    Diff(Diff),
    /// Print the environment variables that the chaincode server needs
    ///
    /// These are the variables that the shim of the language reads: the package ID, the address to listen on, and, for a
    /// package with TLS, the files that `ccs tls issue` wrote.
    Env(Env),
    /// Create a CA and issue TLS certificates to chaincode servers and peers
    #[command(subcommand)]
    Tls(Tls),
    /// Manage chaincode that the builder launches
    #[command(subcommand)]
    Launch(Launch),
    /// Change how a peer dials installed chaincode
    ///
    /// Replaces address, certificates or dial timeout in the connection.json that the peer keeps with the build of a package, after
    /// all checks of an install. Neither a new package nor a restart of the peer is needed: the peer reads the file when it launches
    /// the chaincode, after its stream has ended. A reader sees the old or the new file, also if the command is killed.
    Rebind(Box<Rebind>),
    /// Delete unused builds and packages of a stopped peer
    ///
    /// A peer deletes nothing that it has installed, and takes the rest of an interrupted build for a build. Lists builds without a
    /// package, incomplete builds, and, with --core, builds of builders that the peer no longer has; with --definitions or --keep, also
    /// unused packages. Deletes only with --yes.
    Prune(Prune),
    /// Test the connection to a chaincode, step by step
    ///
    /// Dials the chaincode as a peer does: name, TCP, TLS, HTTP/2, chaincode stream, REGISTER. Prints result, time and remedy
    /// of each step. The probe never completes the registration, so the chaincode's state does not change.
    Probe(Box<Probe>),
    /// Check a peer's configuration and test its external builders
    ///
    /// Reads core.yaml and the variables that override it as the peer does, checks every external builder (path, programs,
    /// processor, interpreter, modes, variables), and runs each detect to see which packages it claims. With a package, runs
    /// detect, build and release in the peer's environment, and prints the peer's log lines and the released
    /// connection.json. With --no-run, runs none of the builders' programs.
    Doctor(Doctor),
    /// Add users with attributes to a development network
    #[command(subcommand)]
    User(User),
    /// Submit a transaction and wait for its commit
    ///
    /// Asks the gateway for endorsements, signs, submits, and waits for the validation code. Writes the chaincode's response to
    /// standard output without changes, and block and transaction ID to standard error. By default, uses the peer and the identity
    /// of `ccs dev` in the working folder; the variables of the peer command work too.
    Invoke(Box<Invoke>),
    /// Evaluate a transaction (read-only)
    ///
    /// One peer runs the function. Writes the response to standard output without changes, and discards the function's writes.
    /// By default, uses the peer and the identity of `ccs dev` in the working folder; the variables of the peer command work too.
    Query(Box<Query>),
    /// Follow the events of a chaincode
    ///
    /// Prints a line for each event of a valid transaction: block, name, transaction ID and payload.
    Events(Box<Events>),
    /// Show the blocks of a channel
    ///
    /// Prints a line for each transaction: validation code, client, function, written and deleted keys, and event. Keys of private
    /// data are hashes unless you pass --private.
    Blocks(Box<Blocks>),
    /// Explain an error message of a peer, shim, builder or application
    ///
    /// Reads one message or a whole log, and explains each error once. For a chain of errors, explains the most specific part.
    Explain(Explain),
    /// Print the completions for a shell
    #[command(
        visible_alias = "completion",
        after_help = "Example:  ccs completions bash > /etc/bash_completion.d/ccs"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the man pages
    Man(Man),
    /// Print the version
    Version,
    /// Run the chaincode of the demo as a server
    #[command(hide = true)]
    SampleChaincode,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
