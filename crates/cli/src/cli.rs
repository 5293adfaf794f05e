//! The command line: types and help texts, no logic. Options of a command have a file of their own.

mod blocks;
mod call;
mod demo;
mod dev;
mod diff;
mod doctor;
mod env;
mod events;
mod explain;
mod id;
mod inspect;
mod launch;
mod lint;
mod man;
mod network;
mod package;
mod probe;
mod render;
pub(crate) mod tls;
mod unpack;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use blocks::{Blocks, Start};
pub(crate) use call::{Call, Invoke, Query};
pub(crate) use demo::Demo;
pub(crate) use dev::{Dev, Named};
pub(crate) use diff::Diff;
pub(crate) use doctor::Doctor;
pub(crate) use env::{Env, Language, Place};
pub(crate) use events::Events;
pub(crate) use explain::Explain;
pub(crate) use id::Id;
pub(crate) use inspect::Inspect;
pub(crate) use launch::{
    Check as LaunchCheck, Gc as LaunchGc, Launch, List as LaunchList, Reconcile as LaunchReconcile,
    Render as LaunchRender, Site as LaunchSite,
};
pub(crate) use lint::Lint;
pub(crate) use man::Man;
pub(crate) use network::Network;
pub(crate) use package::{ImageTls, Package, Role, Type};
pub(crate) use probe::{Level, Probe};
pub(crate) use render::Render;
pub(crate) use tls::Tls;
pub(crate) use unpack::Unpack;

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
    /// Run a development peer: chaincode and applications without a network
    ///
    /// One peer of one organization, which orders its own blocks: it deploys packages through the real builder, connects to
    /// chaincode that runs or lets it connect, starts one with --run and starts it again when files change, and serves
    /// applications that are written with the Fabric Gateway SDKs. What they need to connect is written into
    /// `organizations`, in cryptogen's layout. It tells of each transaction in a line: function, result, keys, time.
    Dev(Box<Dev>),
    /// Make a chaincode package of the type ccaas or external
    ///
    /// The package is one that a peer installs and a builder takes: what the builder would refuse is refused here, by the
    /// same code. The same inputs give the same package ID on every machine.
    Package(Box<Package>),
    /// Print the package ID of package files
    ///
    /// It is the same that `peer lifecycle chaincode calculatepackageid` prints.
    Id(Id),
    /// Show what is in a package
    ///
    /// Label, type and package ID, the connection (private keys are never shown), the keys that its templates need from
    /// the peer's configuration, every certificate with its names and the days it has left, the CouchDB indexes, and each
    /// entry of the archive with its mode and size. It judges nothing: for that there is `ccs lint`.
    Inspect(Inspect),
    /// Find what a peer or the builder would refuse, and what works and yet hurts
    ///
    /// Runs the builder's own checks to their end, not only to the first error, and adds rules of its own: odd entries in
    /// the archive, plaintext to another host, names that Kubernetes cannot hold. Each finding has a stable name, a
    /// severity, and a hint. Ends with 0 if there is no error, otherwise with the code that the builder would give for the
    /// first one.
    Lint(Lint),
    /// Show the connection.json that each peer will get
    ///
    /// Renders and checks the package with the builder's own code, offline, for each peer that is named. `package_label`,
    /// `package_hash` and `package_hash_short` are those of the package; every other key comes from --config, as it
    /// would from `CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG`. Ends with the code that the builder would give for the first
    /// peer that it fails for.
    Render(Render),
    /// Unpack a package, as a peer does before it calls a builder
    ///
    /// Makes DIR/metadata/metadata.json and DIR/src, whatever the archive holds: nothing is written outside, links are
    /// refused, and DIR appears whole or not at all. Only you can enter it, since there may be a private key inside.
    Unpack(Unpack),
    /// Say why two packages have different IDs
    ///
    /// Compares what is in them and then what nobody sees: modes, owners, times, order and names of the archives' entries,
    /// and the headers of the compression. Lines of JSON files are shown without private keys. Ends with 0 if the package
    /// ID is the same, with 1 if it is not.
    Diff(Diff),
    /// Print the variables with which a chaincode serves for a package
    ///
    /// All that the shim of the language reads to run as a server, and nothing else: the package ID, where to listen, and
    /// for a package with TLS the files that `ccs tls issue` wrote.
    Env(Env),
    /// Make the TLS material of a deployment: a CA, certificates for servers and peers
    #[command(subcommand)]
    Tls(Tls),
    /// Look after chaincode that the builder launches
    #[command(subcommand)]
    Launch(Launch),
    /// Dial a chaincode as a peer would, and say what is in the way
    ///
    /// Resolves the name, connects, goes through TLS, waits for HTTP/2, opens the chaincode stream and reads the chaincode's
    /// REGISTER, with the code of a peer's dial. Each step gets a verdict, its time, and what to do about it. The chaincode
    /// is left as it was: it is never told that it has registered.
    Probe(Probe),
    /// Examine a peer's configuration and try its external builders
    ///
    /// Reads core.yaml and the variables that override it as the peer does, examines every external builder (path,
    /// programs, processor, interpreter, modes, variables) and asks the real detect of each which packages it takes. With a
    /// package it runs the real detect, build and release under the peer's pruned environment and shows what the peer
    /// would log and which connection.json it would get. It runs the builders' programs, as the peer does; --no-run
    /// prevents it.
    Doctor(Doctor),
    /// Submit a transaction, and wait until it is committed
    ///
    /// Has the gateway collect endorsements, signs, submits, and waits for the transaction's code. The chaincode's answer goes
    /// to standard output as it is, block and transaction to standard error. Without options it takes the peer and the
    /// identity of `ccs dev` in the working folder; the variables of the peer command work too.
    Invoke(Box<Invoke>),
    /// Ask a chaincode, without writing anything
    ///
    /// One peer runs the function, and its answer goes to standard output as it is. What the function writes is forgotten.
    /// Without options it takes the peer and the identity of `ccs dev` in the working folder; the variables of the peer
    /// command work too.
    Query(Box<Query>),
    /// Follow the events of a chaincode
    ///
    /// One line for each event of a transaction that counts: block, name, transaction and payload.
    Events(Box<Events>),
    /// Show what is in the blocks of a channel
    ///
    /// One line for each transaction: its code, who called which function, the keys that it writes or deletes, and its
    /// event. Keys of private data are hashes without --private.
    Blocks(Box<Blocks>),
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
    /// Write the man pages
    Man(Man),
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
