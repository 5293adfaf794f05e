//! Options of `ccs package`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Language, Place};

/// The options of connection.json.
const SERVICE: [&str; 8] =
    ["address", "connection", "root_cert", "client_cert", "domain", "tls", "dial_timeout", "env_file"];

/// The types of packages that hold connection.json or the name of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Type {
    /// Chaincode as a service
    Ccaas,
    /// Chaincode as a service, under the older name of the type
    External,
    /// An image that dials the peer, as for fabric-builder-k8s
    K8s,
}

/// The side that dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The chaincode dials the peer
    Client,
    /// The peer dials the chaincode
    Server,
}

/// TLS between the peer and a server in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImageTls {
    /// Peer and chaincode present a certificate
    Mutual,
    /// Only the chaincode presents a certificate
    Server,
    /// Plaintext
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
                  Texts and PEM files may contain Go templates.\nTheir keys: \"connection.json\" (docs/connection-json.html)."
)]
pub(crate) struct Package {
    /// The package file to write
    #[arg(value_name = "OUT.tgz")]
    pub(crate) out: PathBuf,
    /// The label, which is the first part of the package ID
    #[arg(long)]
    pub(crate) label: String,
    /// The address that the peer dials; may be a template
    #[arg(
        long,
        value_name = "HOST:PORT",
        required_unless_present_any = ["connection", "image", "binary", "source"],
        conflicts_with = "connection"
    )]
    pub(crate) address: Option<String>,
    /// A complete connection.json
    #[arg(long, value_name = "FILE")]
    pub(crate) connection: Option<PathBuf>,
    /// Certificates of the CA that issued the chaincode's certificate; enables TLS
    #[arg(long, value_name = "PEM", conflicts_with = "connection")]
    pub(crate) root_cert: Option<PathBuf>,
    /// The certificate that the peer presents; enables client authentication
    #[arg(long, value_name = "PEM", requires = "client_key", requires = "root_cert")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The private key for --client-cert
    #[arg(long, value_name = "PEM", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// The host name in the chaincode's certificate, if it differs from the address; for Fabric 3.0 and later
    #[arg(long, value_name = "NAME", conflicts_with = "connection")]
    pub(crate) domain: Option<String>,
    /// The folder of `ccs tls init`, with ca.pem and, for mutual TLS, the client's certificate and key
    #[arg(long, value_name = "DIR", conflicts_with_all = ["connection", "root_cert", "client_cert"])]
    pub(crate) tls: Option<PathBuf>,
    /// The client in the TLS folder [default: the only one]
    #[arg(long, value_name = "NAME", requires = "tls")]
    pub(crate) client: Option<String>,
    /// How long the peer tries to connect, for example 10s
    #[arg(long, value_name = "DURATION", conflicts_with = "connection")]
    pub(crate) dial_timeout: Option<String>,
    /// A META-INF folder; packages only the CouchDB indexes in its folder statedb
    #[arg(long, value_name = "DIR")]
    pub(crate) meta_inf: Option<PathBuf>,
    /// The image of the chaincode, for a builder that launches it; with --address, the package also works with other builders
    #[arg(long, value_name = "NAME@DIGEST", help_heading = "Launching")]
    pub(crate) image: Option<String>,
    /// The role of the chaincode: client (it dials the peer) or server (the peer dials it) [default: client for the type k8s, else server]
    #[arg(long, value_enum, requires = "image", help_heading = "Launching")]
    pub(crate) role: Option<Role>,
    /// The port on which a server in the image listens [default: 9999]
    #[arg(long, requires = "image", help_heading = "Launching")]
    pub(crate) port: Option<NonZeroU16>,
    /// TLS between the peer and a server in the image [default: mutual]
    #[arg(long, value_enum, value_name = "TLS", requires = "image", help_heading = "Launching")]
    pub(crate) image_tls: Option<ImageTls>,
    /// A prebuilt program; can be repeated for other platforms. For a script, name the platform: linux/amd64=FILE
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
    /// A folder with source, packaged as by `peer lifecycle chaincode package`; needs --lang
    #[arg(
        long,
        value_name = "DIR",
        requires = "lang",
        conflicts_with_all = SERVICE,
        conflicts_with_all = ["image", "binary", "env_file"],
        help_heading = "Launching"
    )]
    pub(crate) source: Option<PathBuf>,
    /// The type of the package [default: ccaas; k8s for an image without --address]
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["binary", "source"])]
    pub(crate) chaincode_type: Option<Type>,
    /// Also write the environment variables of the chaincode server to this file, as `ccs env` prints them
    #[arg(long, value_name = "FILE", requires = "lang")]
    pub(crate) env_file: Option<PathBuf>,
    /// The language of the source, or of the chaincode for --env-file
    #[arg(long)]
    pub(crate) lang: Option<Language>,
    /// The server for the environment file.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Replace the files if they exist
    #[arg(long)]
    pub(crate) force: bool,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}
