//! Options of `ccs env`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of `ccs env`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs env basic.tgz --lang go > chaincode.env\n  \
                  eval \"$(ccs env basic.tgz --lang node --tls tls --format shell)\"\n  \
                  ccs env basic.tgz --lang java --tls tls --mounted-at /etc/chaincode/tls --format kubernetes")]
pub(crate) struct Env {
    /// The package file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The language of the chaincode
    #[arg(long)]
    pub(crate) lang: Language,
    /// The output format
    #[arg(long, default_value = "dotenv")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) place: Place,
    /// The folder of `ccs tls init`, required for a package with TLS
    #[arg(long, value_name = "DIR")]
    pub(crate) tls: Option<PathBuf>,
    /// Print a JSON document: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

/// The address and the files of the chaincode server.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The address to listen on [default: the package's port, on 127.0.0.1 if the package has that address, else on 0.0.0.0]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// The server in the TLS folder [default: the only one]
    #[arg(long, value_name = "NAME", requires = "tls")]
    pub(crate) server: Option<String>,
    /// The path of the folder server/NAME as the chaincode sees it [default: its path here]
    #[arg(long, value_name = "DIR", requires = "tls")]
    pub(crate) mounted_at: Option<PathBuf>,
}

/// The languages whose shim can run as a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Go, with the variables that Fabric's samples read; the shim itself reads none
    Go,
    /// Node.js, started by `fabric-chaincode-node server` or by an image of Fabric's samples
    Node,
    /// Java
    Java,
    /// Rust, with the variables that the sample asset-transfer reads
    Rust,
    /// Every variable of all languages, for an image whose language you do not know
    All,
}

/// The format of the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// NAME=VALUE with quotes where needed, for Compose, `node --env-file` and `set -a; . FILE`
    Dotenv,
    /// export NAME='VALUE', for eval
    Shell,
    /// NAME=VALUE without quotes, for `docker run --env-file`
    Docker,
    /// The field `env` of a container, as YAML
    Kubernetes,
}

impl Place {
    /// Converts the options to those of the library.
    pub(crate) fn of_server(&self) -> ccs_shim_env::Place<'_> {
        ccs_shim_env::Place {
            listen: self.listen.as_deref(),
            server: self.server.as_deref(),
            mounted_at: self.mounted_at.as_deref(),
        }
    }
}

impl From<Language> for ccs_shim_env::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Go => Self::Go,
            Language::Node => Self::Node,
            Language::Java => Self::Java,
            Language::Rust => Self::Rust,
            Language::All => Self::All,
        }
    }
}

impl From<Format> for ccs_shim_env::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Dotenv => Self::Dotenv,
            Format::Shell => Self::Shell,
            Format::Docker => Self::Docker,
            Format::Kubernetes => Self::Kubernetes,
        }
    }
}
