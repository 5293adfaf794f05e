//! Options of `ccs package`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Language, Place};

/// The options of connection.json.
const SERVICE: [&str; 8] =
    ["address", "connection", "root_cert", "client_cert", "domain", "tls", "dial_timeout", "env_file"];

/// A type for `ccs package`, whose packages hold connection.json or the name of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Type {
    /// Chaincode as a service
    Ccaas,
    /// The same under its older name
    External,
    /// An image that dials the peer, as fabric-builder-k8s has it
    K8s,
}

/// Who dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The chaincode dials the peer
    Client,
    /// The peer dials the chaincode
    Server,
}

/// How the peer dials a server in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImageTls {
    /// Both show a certificate
    Mutual,
    /// The chaincode alone shows one
    Server,
    /// In plaintext
    None,
}

/// Options of `ccs package`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs package basic.tgz --label basic_1.0 --address basic.example.com:9999\n  \
                  ccs package basic.tgz --label basic_1.0 --address '{{.peer_id}}.basic:9999' \\\n    \
                  --root-cert ca.pem --client-cert peer.pem --client-key peer.key\n  \
                  ccs package basic.tgz --label basic_1.0 --address basic.example.com:9999 --tls tls \\\n    \
                  --env-file basic.env --lang node\n  \
                  ccs package basic.tgz --label basic_1.0 --connection connection.json --meta-inf META-INF\n\n  \
                  For a builder that launches chaincode:\n  \
                  ccs package basic.tgz --label basic_1.0 --image registry.example.com/basic@sha256:...\n  \
                  ccs package basic.tgz --label basic_1.0 --image registry.example.com/basic@sha256:... \\\n    \
                  --address '{{.peer_id}}.basic:9999'\n  \
                  ccs package basic.tgz --label basic_1.0 --binary basic-amd64 --binary basic-arm64\n  \
                  ccs package basic.tgz --label basic_1.0 --source chaincode --lang go\n\n\
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
        required_unless_present_any = ["connection", "image", "binary", "source"],
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
    /// The image that a builder which launches chaincode starts; beside an address, other builders dial that
    #[arg(long, value_name = "NAME@DIGEST", help_heading = "Launching")]
    pub(crate) image: Option<String>,
    /// Who dials: the chaincode (client) or the peer (server) [default: client for the type k8s, else server]
    #[arg(long, value_enum, requires = "image", help_heading = "Launching")]
    pub(crate) role: Option<Role>,
    /// Where a server in the image listens [default: 9999]
    #[arg(long, requires = "image", help_heading = "Launching")]
    pub(crate) port: Option<NonZeroU16>,
    /// How the peer dials a server in the image [default: mutual]
    #[arg(long, value_enum, value_name = "TLS", requires = "image", help_heading = "Launching")]
    pub(crate) image_tls: Option<ImageTls>,
    /// A program that is ready to run; repeat it for each platform. A script needs one: linux/amd64=FILE
    #[arg(
        long,
        value_name = "[OS/ARCH=]FILE",
        conflicts_with_all = SERVICE,
        conflicts_with = "image",
        help_heading = "Launching"
    )]
    pub(crate) binary: Vec<PathBuf>,
    /// An argument of the program; `{peer_address}` stands for the peer's address [default: `-peer.address={peer_address}`]
    #[arg(
        long = "arg",
        value_name = "ARG",
        requires = "binary",
        allow_hyphen_values = true,
        help_heading = "Launching"
    )]
    pub(crate) arguments: Vec<String>,
    /// A folder of source, packed as `peer lifecycle chaincode package` does; needs --lang
    #[arg(
        long,
        value_name = "DIR",
        requires = "lang",
        conflicts_with_all = SERVICE,
        conflicts_with_all = ["image", "binary", "env_file"],
        help_heading = "Launching"
    )]
    pub(crate) source: Option<PathBuf>,
    /// The type that builders look at [default: ccaas; with an image and no address k8s]
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["binary", "source"])]
    pub(crate) chaincode_type: Option<Type>,
    /// Also write what the chaincode's server needs in its environment, as `ccs env` prints it
    #[arg(long, value_name = "FILE", requires = "lang")]
    pub(crate) env_file: Option<PathBuf>,
    /// The language of the source, or whose shim reads the environment file
    #[arg(long)]
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
