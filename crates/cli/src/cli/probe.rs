//! Options of `ccs probe`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use ccs_files::PackageId;
use clap::{Args, ValueEnum};

use super::duration::duration;
use super::network::Client;

/// Options of `ccs probe`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs probe basic.tgz\n  ccs probe basic.example.com:9999 --root-cert ca.pem --id \"$CHAINCODE_ID\"\n  \
                  ccs probe basic.tgz --wait 60s && peer lifecycle chaincode install basic.tgz\n  \
                  ccs probe --gateway peer0.org1.example.com:7051 --tls-ca ca.crt --name basic \\\n    \
                  --identity users/User1@org1.example.com/msp --msp Org1MSP\n\n\
                  Exit codes: 0 reachable, 30 name, 31 TCP, 32 TLS, 33 HTTP/2, 34 stream, 35 REGISTER, 36 wrong ID,\n\
                  37 no gateway, 38 channel, 39 identity, 49 chaincode.\n\
                  Causes and remedies: \"Troubleshoot a connection\" (docs/probe.html)."
)]
pub(crate) struct Probe {
    /// A package, a connection.json, or an address
    #[arg(value_name = "FILE or HOST:PORT", required_unless_present = "gateway")]
    pub(crate) target: Option<OsString>,
    /// Test a gateway as an application meets it [default address: as for ccs query]
    #[arg(
        long,
        value_name = "HOST:PORT",
        num_args = 0..=1,
        default_missing_value = "",
        conflicts_with_all = ["target", "id", "config", "root_cert", "client_cert", "client_key", "domain"]
    )]
    pub(crate) gateway: Option<String>,
    /// With --gateway: a chaincode that must be defined and answer
    #[arg(long, short = 'n', value_name = "CHAINCODE", requires = "gateway")]
    pub(crate) name: Option<String>,
    /// The ID that the chaincode must announce [default: the package's]
    #[arg(long)]
    pub(crate) id: Option<PackageId>,
    /// The configuration for templates [default: `CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG`]
    #[arg(long, value_name = "JSON")]
    pub(crate) config: Option<OsString>,
    /// TLS settings, for HOST:PORT only
    #[command(flatten)]
    pub(crate) tls: Tls,
    /// Repeat until all steps pass or this time is over
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) wait: Option<Duration>,
    /// The last step to test [default: register; with --gateway: gateway and all steps after it]
    #[arg(long, value_enum)]
    pub(crate) level: Option<Level>,
    /// The limit for each connection attempt, and for the registration [default: the `dial_timeout` of the file, or 3s; with --gateway: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Settings of the client, for --gateway only
    #[command(flatten, next_help_heading = "With --gateway: channel, TLS and identity, as for ccs query")]
    pub(crate) client: Client,
}

/// TLS settings for an address; a file has its own.
#[derive(Debug, Args)]
pub(crate) struct Tls {
    /// Use TLS; implied by --root-cert
    #[arg(long = "tls", requires = "root_cert")]
    enabled: bool,
    /// HOST:PORT only: certificates of the CA that issued the chaincode's certificate; enables TLS
    #[arg(long, value_name = "PEM")]
    pub(crate) root_cert: Option<PathBuf>,
    /// HOST:PORT only: the certificate that the peer presents
    #[arg(long, value_name = "PEM", requires = "client_key", requires = "root_cert")]
    pub(crate) client_cert: Option<PathBuf>,
    /// HOST:PORT only: the private key for --client-cert
    #[arg(long, value_name = "PEM", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
    /// HOST:PORT only: the host name in the chaincode's certificate, if it is not HOST; peers use it only with a client certificate
    #[arg(long, value_name = "NAME", requires = "client_cert")]
    pub(crate) domain: Option<String>,
}

impl Tls {
    /// Returns whether the command line has one of the options.
    pub(crate) fn is_given(&self) -> bool {
        self.enabled || self.root_cert.is_some()
    }

    /// Returns the options that have a value, as words of a command line.
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
    /// The server answers in HTTP/2
    Http2,
    /// The chaincode registers, with the expected ID
    Register,
    /// With --gateway: the gateway, the channel, the identity and the chaincode answer
    Gateway,
}
