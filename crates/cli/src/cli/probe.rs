//! Options of `ccs probe`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ccs_files::{GoDuration, PackageId};
use clap::{Args, ValueEnum};

/// Options of `ccs probe`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs probe basic.tgz\n  ccs probe basic.example.com:9999 --root-cert ca.pem --id \"$CHAINCODE_ID\"\n  \
                  ccs probe basic.tgz --wait 60s && peer lifecycle chaincode install basic.tgz\n\n\
                  Exit codes: 0 reachable, 30 name, 31 TCP, 32 TLS, 33 HTTP/2, 34 stream, 35 REGISTER, 36 wrong ID;\n\
                  docs/probe.md tells each cause and what to do."
)]
pub(crate) struct Probe {
    /// A package, a connection.json, or an address
    #[arg(value_name = "FILE or HOST:PORT")]
    pub(crate) target: OsString,
    /// The ID that the chaincode must announce [default: the package's]
    #[arg(long)]
    pub(crate) id: Option<PackageId>,
    /// What templates in a package or connection.json read [default: `CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG`]
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<OsString>,
    /// HOST:PORT only: how to secure the connection
    #[command(flatten)]
    pub(crate) tls: Tls,
    /// Try again until everything passes or this time is over
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
    /// The last step to go
    #[arg(long, value_enum, default_value_t = Level::Register)]
    pub(crate) level: Level,
    /// For each attempt to connect, and again to register [default: the `dial_timeout` of the file, or 3s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// TLS for an address; files bring their own.
#[derive(Debug, Args)]
pub(crate) struct Tls {
    /// Use TLS; --root-cert alone says so, too
    #[arg(long = "tls", requires = "root_cert")]
    enabled: bool,
    /// HOST:PORT only: certificates of the CA that issued the chaincode's; turns TLS on
    #[arg(long, value_name = "PEM")]
    pub(crate) root_cert: Option<PathBuf>,
    /// HOST:PORT only: the certificate that the peer presents
    #[arg(long, value_name = "PEM", requires = "client_key", requires = "root_cert")]
    pub(crate) client_cert: Option<PathBuf>,
    /// HOST:PORT only: the key of that certificate
    #[arg(long, value_name = "PEM", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// HOST:PORT only: the name in the chaincode's certificate, in place of HOST; peers use it with a client certificate
    #[arg(long, value_name = "NAME", requires = "client_cert")]
    pub(crate) domain: Option<String>,
}

impl Tls {
    /// Returns whether any of the options was given.
    pub(crate) fn is_given(&self) -> bool {
        self.enabled || self.root_cert.is_some()
    }

    /// Returns the options that have a value, as they could be typed again.
    pub(crate) fn words(&self) -> Vec<String> {
        let path = |path: &PathBuf| path.display().to_string();
        let given = [
            ("--root-cert", self.root_cert.as_ref().map(path)),
            ("--client-cert", self.client_cert.as_ref().map(path)),
            ("--client-key", self.client_key.as_ref().map(path)),
            ("--domain", self.domain.clone()),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?]));
        given.flatten().collect()
    }
}

/// The last step of a probe.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Level {
    /// A TCP connection opens
    Tcp,
    /// The TLS handshake succeeds
    Tls,
    /// The server greets in HTTP/2
    Http2,
    /// The chaincode registers, with the expected ID
    Register,
}

/// Reads a duration that is longer than nothing.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<GoDuration>().map_err(|error| error.to_string())?;
    match duration.to_std() {
        Some(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("a duration here is longer than nothing".to_owned()),
    }
}
