//! Options of every command that connects to a peer: the peer, and the identity of the client.

use std::path::PathBuf;
use std::time::Duration;

use ccs_identity::{MspId, UserName};
use clap::Args;

/// The peer, and the identity of the client.
#[derive(Debug, Args)]
#[command(next_help_heading = "Peer and identity")]
pub(crate) struct Network {
    /// The address of the peer [default: `CORE_PEER_ADDRESS`, else that of the organization's connection profile, else localhost:7051]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) endpoint: Option<String>,
    #[command(flatten)]
    pub(crate) client: Client,
    /// How long to wait for the connection, and for each response of the peer
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = super::duration::duration)]
    pub(crate) timeout: Duration,
}

/// The channel, the TLS settings, and the identity of a client.
#[derive(Debug, Args)]
pub(crate) struct Client {
    /// The channel
    #[arg(long, short = 'C', value_name = "NAME", default_value = "mychannel")]
    pub(crate) channel: String,
    /// Certificates of the CA that issued the peer's TLS certificate [default: `CORE_PEER_TLS_ROOTCERT_FILE`, else the one in the folder organizations]
    #[arg(long, value_name = "PEM", conflicts_with = "no_tls")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// The host name in the peer's TLS certificate, if it is not HOST
    #[arg(long, value_name = "NAME", conflicts_with = "no_tls")]
    pub(crate) server_name: Option<String>,
    /// Connect in plaintext
    #[arg(long)]
    pub(crate) no_tls: bool,
    /// The MSP folder of the client identity [default: `CORE_PEER_MSPCONFIGPATH`, else that of User1 in the folder organizations]
    #[arg(long, value_name = "DIR", conflicts_with = "cert")]
    pub(crate) identity: Option<PathBuf>,
    /// The user in the folder organizations whose identity signs, instead of --identity [default: User1]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["identity", "cert"])]
    pub(crate) user: Option<UserName>,
    /// The MSP ID of the client identity [default: `CORE_PEER_LOCALMSPID`, else that of the organization's connection profile]
    #[arg(long, value_name = "MSP-ID")]
    pub(crate) msp: Option<MspId>,
    /// The certificate of the client identity, instead of --identity
    #[arg(long, value_name = "PEM", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key for --cert
    #[arg(long, value_name = "PEM", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
}

impl Client {
    /// Returns the options that are given, except for the channel, as words of a command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let path = |path: &PathBuf| path.display().to_string();
        let given = [
            ("--tls-ca", self.tls_ca.as_ref().map(path)),
            ("--server-name", self.server_name.clone()),
            ("--identity", self.identity.as_ref().map(path)),
            ("--user", self.user.as_ref().map(ToString::to_string)),
            ("--msp", self.msp.as_ref().map(ToString::to_string)),
            ("--cert", self.cert.as_ref().map(path)),
            ("--key", self.key.as_ref().map(path)),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?]));
        given.flatten().chain(self.no_tls.then(|| "--no-tls".to_owned())).collect()
    }
}
