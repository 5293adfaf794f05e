//! Options of `ccs tls`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The commands of `ccs tls`.
#[derive(Debug, Subcommand)]
pub(crate) enum Tls {
    /// Make a CA of its own for a deployment, in a new folder
    ///
    /// The folder holds the CA's certificate and key, ca.pem for everybody who is to trust it, and later what `ccs tls issue`
    /// adds. Keys are ECDSA P-256 in PKCS#8, readable by their owner alone, and never printed.
    Init(Init),
    /// Issue a certificate for a chaincode's server, or for the peer as its client
    ///
    /// Each gets a folder that holds all it needs and nothing else: DIR/server/NAME goes to the chaincode, DIR/client/NAME
    /// into the package. A server's certificate must carry every name under which a peer dials it: give each with
    /// --host, or the address template of the package with the configurations of the peers.
    Issue(Issue),
    /// Show the certificates of such a folder, or of any PEM file
    Show(Show),
    /// Change the CA without a moment in which somebody trusts nobody
    ///
    /// Three steps, each followed by handing out the files. Without an option: a new CA, and every ca.pem becomes a
    /// bundle of both. --reissue: new certificates and keys from the new CA. --finish: ca.pem without the old CA.
    Rotate(Rotate),
}

/// Options of `ccs tls init`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs tls init tls --name basic")]
pub(crate) struct Init {
    /// The folder to make
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// What the CA is called; a number is added that no other CA has
    #[arg(long, default_value = "chaincode", value_parser = ccs_tls::party_name)]
    pub(crate) name: String,
    /// How long the CA is valid
    #[arg(long, value_name = "DAYS", default_value_t = 3650, value_parser = days())]
    pub(crate) days: u32,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs tls issue`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs tls issue tls --server basic --host basic.example.com --host 127.0.0.1\n  \
                  ccs tls issue tls --server basic --address '{{.peer_id}}.basic:9999' --peer peer0 --peer peer1\n  \
                  ccs tls issue tls --client peer"
)]
pub(crate) struct Issue {
    /// The folder that `ccs tls init` made
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Issue for a chaincode's server of this name
    #[arg(
        long, value_name = "NAME", conflicts_with = "client", required_unless_present = "client",
        value_parser = ccs_tls::party_name
    )]
    pub(crate) server: Option<String>,
    /// Issue for a peer, or all peers, under this name
    #[arg(
        long, value_name = "NAME", conflicts_with_all = ["host", "address"],
        value_parser = ccs_tls::party_name
    )]
    pub(crate) client: Option<String>,
    /// A name or IP address under which peers dial the server
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Vec<String>,
    /// The address of the package, maybe a template: its host is taken for every --config and --peer
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) address: Option<String>,
    /// A configuration of the template, as JSON or the name of a file
    #[arg(long, value_name = "JSON", requires = "address")]
    pub(crate) config: Vec<String>,
    /// A peer's ID, the value of `peer_id` in the template
    #[arg(long, value_name = "PEER", requires = "address")]
    pub(crate) peer: Vec<String>,
    /// How long the certificate is valid
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = days())]
    pub(crate) days: u32,
    /// Replace the certificate and key of that name; without --host and --address its hosts stay
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs tls show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs tls show tls\n  ccs tls show ca.pem --json")]
pub(crate) struct Show {
    /// A folder that `ccs tls init` made, or a PEM file with certificates
    #[arg(value_name = "DIR|FILE")]
    pub(crate) path: PathBuf,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs tls rotate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ccs tls rotate tls             then hand out every ca.pem, and make the package anew\n  \
                  ccs tls rotate tls --reissue   then hand out the certificates, and make the package anew\n  \
                  ccs tls rotate tls --finish    then hand out every ca.pem"
)]
pub(crate) struct Rotate {
    /// The folder that `ccs tls init` made
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Which step.
    #[command(flatten)]
    pub(crate) step: Step,
    /// How long the new CA is valid
    #[arg(long, value_name = "DAYS", default_value_t = 3650, value_parser = days())]
    pub(crate) days: u32,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// The step of a change, the first one if no option is given.
#[derive(Debug, Args)]
pub(crate) struct Step {
    /// Issue new certificates and keys, with the names and the lifetimes of the old ones
    #[arg(long, conflicts_with = "finish")]
    pub(crate) reissue: bool,
    /// Drop the old CA
    #[arg(long)]
    pub(crate) finish: bool,
    /// Drop the old CA although it issued certificates that are still here
    #[arg(long, requires = "finish")]
    pub(crate) force: bool,
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=36_500)
}
