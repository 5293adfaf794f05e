//! Options of every command that talks to a peer: where it is, and who asks.

use std::path::PathBuf;
use std::time::Duration;

use ccs_identity::MspId;
use clap::Args;

/// Where a peer is, and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Peer and identity")]
pub(crate) struct Network {
    /// The channel
    #[arg(long, value_name = "NAME", default_value = "mychannel")]
    pub(crate) channel: String,
    /// Where the peer listens [default: `CORE_PEER_ADDRESS`, else that of the organization's connection profile, else localhost:7051]
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) endpoint: Option<String>,
    /// Certificates of the CA that issued the peer's TLS certificate [default: `CORE_PEER_TLS_ROOTCERT_FILE`, else of the folder organizations]
    #[arg(long, value_name = "PEM", conflicts_with = "no_tls")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// The name in the peer's TLS certificate, in place of HOST
    #[arg(long, value_name = "NAME", conflicts_with = "no_tls")]
    pub(crate) server_name: Option<String>,
    /// Connect in plaintext
    #[arg(long)]
    pub(crate) no_tls: bool,
    /// The MSP folder of who asks [default: `CORE_PEER_MSPCONFIGPATH`, else that of User1 in the folder organizations]
    #[arg(long, value_name = "DIR", conflicts_with = "cert")]
    pub(crate) identity: Option<PathBuf>,
    /// The MSP of who asks [default: `CORE_PEER_LOCALMSPID`, else that of the organization's connection profile]
    #[arg(long, value_name = "MSP-ID")]
    pub(crate) msp: Option<MspId>,
    /// The certificate of who asks, in place of a folder
    #[arg(long, value_name = "PEM", requires = "key")]
    pub(crate) cert: Option<PathBuf>,
    /// The key of that certificate
    #[arg(long, value_name = "PEM", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// To connect, and for each answer of the peer
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = super::probe::duration)]
    pub(crate) timeout: Duration,
}
