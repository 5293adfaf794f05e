//! Options of `ccs package`.

use std::path::PathBuf;

use clap::Args;

use super::{Language, Place};

/// Options of `ccs package`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs package basic.tgz --label basic_1.0 --address basic.example.com:9999\n  \
                  ccs package basic.tgz --label basic_1.0 --address '{{.peer_id}}.basic:9999' \\\n    \
                  --root-cert ca.pem --client-cert peer.pem --client-key peer.key\n  \
                  ccs package basic.tgz --label basic_1.0 --address basic.example.com:9999 --tls tls \\\n    \
                  --env-file basic.env --lang node\n  \
                  ccs package basic.tgz --label basic_1.0 --connection connection.json --meta-inf META-INF\n\n\
                  Texts and PEM files may hold Go templates; docs/connection-json.md tells which keys there are."
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
    /// The name that the chaincode's certificate carries, if it is not the host of the address; Fabric 3.0 and later
    #[arg(long, value_name = "NAME", conflicts_with = "connection")]
    pub(crate) domain: Option<String>,
    /// The folder of `ccs tls init`: its ca.pem, and the client's certificate and key if it has any
    #[arg(long, value_name = "DIR", conflicts_with_all = ["connection", "root_cert", "client_cert"])]
    pub(crate) tls: Option<PathBuf>,
    /// Which client of the TLS folder the peer is [default: the only one]
    #[arg(long, value_name = "NAME", requires = "tls")]
    pub(crate) client: Option<String>,
    /// How long the peer tries to connect, such as 10s
    #[arg(long, value_name = "DURATION", conflicts_with = "connection")]
    pub(crate) dial_timeout: Option<String>,
    /// A META-INF folder; the CouchDB indexes in its folder statedb are packed, and nothing else
    #[arg(long, value_name = "DIR")]
    pub(crate) meta_inf: Option<PathBuf>,
    /// The type that builders look at
    #[arg(long = "type", value_name = "TYPE", default_value = "ccaas", value_parser = ["ccaas", "external"])]
    pub(crate) chaincode_type: String,
    /// Also write what the chaincode's server needs in its environment, as `ccs env` prints it
    #[arg(long, value_name = "FILE", requires = "lang")]
    pub(crate) env_file: Option<PathBuf>,
    /// The language whose shim reads the environment file
    #[arg(long, requires = "env_file")]
    pub(crate) lang: Option<Language>,
    /// What stands in the environment file.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Replace the files if they exist
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}
