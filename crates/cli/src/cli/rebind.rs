//! Options of `ccs rebind`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::duration::duration;

/// Options of `ccs rebind`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs rebind basic_1.0 --peer-volume /var/hyperledger/production --address basic-2.example.com:9999\n  \
                  ccs rebind basic_1.0 --builds DIR --root-cert both-cas.pem --client-cert peer.pem --client-key peer.key\n  \
                  ccs rebind basic_1.0 --builds DIR --watch-secret /etc/chaincode-client --json\n\n\
                  Exit codes are those of the builder: 11 to 16 for an invalid connection.json.\n\
                  More: \"Operate installed chaincode\" (docs/operations.html)."
)]
pub(crate) struct Rebind {
    /// The package ID, or the label if only one package has it
    #[arg(value_name = "PACKAGE-ID|LABEL")]
    pub(crate) package: String,
    /// The folder of the peer.
    #[command(flatten)]
    pub(crate) place: Place,
    /// The new address
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) address: Option<String>,
    /// How long the peer tries to connect, for example 10s
    #[arg(long, value_name = "DURATION")]
    pub(crate) dial_timeout: Option<String>,
    /// Certificates of the CA that issued the chaincode's certificate; enables TLS
    #[arg(long, value_name = "PEM")]
    pub(crate) root_cert: Option<PathBuf>,
    /// The certificate that the peer presents; enables TLS with client authentication
    #[arg(long, value_name = "PEM", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The private key for --client-cert
    #[arg(long, value_name = "PEM", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// A whole connection.json; the other options replace its fields
    #[arg(long, value_name = "FILE")]
    pub(crate) connection: Option<PathBuf>,
    /// Take ca.crt, tls.crt and tls.key from the folder of a mounted Secret, now and after each change, until SIGTERM
    #[arg(long, value_name = "DIR", conflicts_with_all = ["root_cert", "client_cert", "connection", "dry_run"])]
    pub(crate) watch_secret: Option<PathBuf>,
    /// Also read the Secret again after this time [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "watch_secret")]
    pub(crate) every: Option<Duration>,
    /// The name of the builder in core.yaml, if it is not `ccaas_builder`; can be repeated
    #[arg(long = "builder-name", value_name = "NAME")]
    pub(crate) builders: Vec<String>,
    /// Show the change, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print a JSON document, with --watch-secret one on a line for each change: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

/// The folder of the builds, named in one of two ways.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Place {
    /// The folder of the peer's builds, externalbuilder/builds in `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) builds: Option<PathBuf>,
    /// The folder in `peer.fileSystemPath`
    #[arg(long, value_name = "DIR")]
    pub(crate) peer_volume: Option<PathBuf>,
}
