//! Options of `ccs tls`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The commands of `ccs tls`.
#[derive(Debug, Subcommand)]
pub(crate) enum Tls {
    /// Create a CA for a deployment, in a new folder
    ///
    /// The folder holds the CA's certificate and key, and ca.pem for the peers and chaincode servers that trust the CA;
    /// `ccs tls issue` adds certificates. Keys are ECDSA P-256 in PKCS#8, readable by their owner only, and never printed.
    Init(Init),
    /// Issue a certificate to a chaincode server or to a peer
    ///
    /// Writes a folder with exactly the files that each side needs: deploy DIR/server/NAME with the chaincode, and package
    /// DIR/client/NAME. A server's certificate must contain every host name that a peer dials: pass each with --host, or
    /// pass the address template of the package with the configurations of the peers.
    Issue(Issue),
    /// Show the certificates in a TLS folder or a PEM file
    Show(Show),
    /// Rotate the CA without downtime
    ///
    /// Rotation has three steps; deploy the changed files after each. Without an option, creates a new CA and adds it to every
    /// ca.pem. --reissue issues new certificates and keys from the new CA. --finish removes the old CA from every ca.pem.
    Rotate(Rotate),
}

/// Options of `ccs tls init`.
#[derive(Debug, Args)]
#[command(after_help = "Example:  ccs tls init tls --name basic")]
pub(crate) struct Init {
    /// The folder to create
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The common name of the CA, to which the command appends a unique number
    #[arg(long, default_value = "chaincode", value_parser = ccs_tls::party_name)]
    pub(crate) name: String,
    /// How long the CA is valid
    #[arg(long, value_name = "DAYS", default_value_t = 3650, value_parser = days())]
    pub(crate) days: u32,
    /// Print a JSON document: see "JSON output" (docs/json.html)
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
    /// Issue a certificate to the chaincode server with this name
    #[arg(
        long, value_name = "NAME", conflicts_with = "client", required_unless_present = "client",
        value_parser = ccs_tls::party_name
    )]
    pub(crate) server: Option<String>,
    /// Issue a certificate to a peer, or to all peers, with this name
    #[arg(
        long, value_name = "NAME", conflicts_with_all = ["host", "address"],
        value_parser = ccs_tls::party_name
    )]
    pub(crate) client: Option<String>,
    /// A host name or IP address that peers dial; can be repeated
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Vec<String>,
    /// The address of the package, which may be a template; adds its host for each --config and --peer
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) address: Option<String>,
    /// A configuration for the template: JSON, or the name of a file with JSON
    #[arg(long, value_name = "JSON", requires = "address")]
    pub(crate) config: Vec<String>,
    /// The ID of a peer, which is `peer_id` in the template
    #[arg(long, value_name = "PEER", requires = "address")]
    pub(crate) peer: Vec<String>,
    /// How long the certificate is valid
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = days())]
    pub(crate) days: u32,
    /// Replace the certificate and key with this name; keeps the host names unless you pass --host or --address
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a JSON document: see "JSON output" (docs/json.html)
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
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `ccs tls rotate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ccs tls rotate tls             then deploy every ca.pem, and make the package again\n  \
                  ccs tls rotate tls --reissue   then deploy the certificates, and make the package again\n  \
                  ccs tls rotate tls --finish    then deploy every ca.pem"
)]
pub(crate) struct Rotate {
    /// The folder that `ccs tls init` made
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The step of the rotation.
    #[command(flatten)]
    pub(crate) step: Step,
    /// How long the new CA is valid
    #[arg(long, value_name = "DAYS", default_value_t = 3650, value_parser = days())]
    pub(crate) days: u32,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

/// The step of the rotation; the first one without an option.
#[derive(Debug, Args)]
pub(crate) struct Step {
    /// Issue new certificates and keys, with the names and lifetimes of the old ones
    #[arg(long, conflicts_with = "finish")]
    pub(crate) reissue: bool,
    /// Remove the old CA
    #[arg(long)]
    pub(crate) finish: bool,
    /// Remove the old CA even if the folder holds certificates that it issued
    #[arg(long, requires = "finish")]
    pub(crate) force: bool,
}

fn days() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=36_500)
}
