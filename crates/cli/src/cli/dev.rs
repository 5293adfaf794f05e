//! Options of `ccs dev`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ccs_identity::{Domain, MspId};
use clap::Args;

use super::duration::duration;

/// Options of `ccs dev`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs dev --run \"npm start\" --watch\n  ccs dev basic_1.0.tgz secured=other.tgz\n  \
                  ccs dev --chaincode basic=localhost:9999 --collections collections_config.json --state .ccs\n\n\
                  Then, in the folder where it runs:\n  ccs invoke basic CreateAsset asset1 blue 5 Tom 300\n  ccs query basic ReadAsset asset1\n\n\
                  The peer orders its own blocks, does not gossip, and its keys are for development only.\n\
                  Limitations: \"The development peer\" (docs/development-peer.html)."
)]
pub(crate) struct Dev {
    /// Packages to deploy; without NAME=, the chaincode has the name in the label, without the version
    #[arg(value_name = "[NAME=]PACKAGE.tgz")]
    pub(crate) packages: Vec<Named<PathBuf>>,
    /// Attach a chaincode that runs outside of this command: dial HOST:PORT, or, without an address, wait for it to connect
    #[arg(long = "chaincode", value_name = "NAME[=HOST:PORT]")]
    pub(crate) chaincodes: Vec<Attached>,
    /// A command that starts a chaincode, in either role; the peer restarts it when it ends
    #[arg(long, value_name = "COMMAND")]
    pub(crate) run: Option<String>,
    /// The name of the chaincode of --run
    #[arg(long, value_name = "NAME", default_value = "basic", requires = "run", value_parser = chaincode_name)]
    pub(crate) name: String,
    /// Restart the chaincode of --run when a file in these folders changes [default: the working folder]
    #[arg(long, value_name = "DIR", num_args = 0.., default_missing_value = ".", requires = "run")]
    pub(crate) watch: Vec<PathBuf>,
    /// The collections of a chaincode, in the format of the peer command; without NAME=, of all chaincodes
    #[arg(long, value_name = "[NAME=]FILE")]
    pub(crate) collections: Vec<Named<PathBuf>>,
    /// Chaincodes that must be initialized (Init) before any other call
    #[arg(long, value_name = "NAME")]
    pub(crate) init_required: Vec<String>,
    /// Channels to create
    #[arg(long = "channel", value_name = "NAME", default_value = "mychannel", value_parser = channel_name)]
    pub(crate) channels: Vec<String>,
    /// Run this number of organizations, each with a peer (ports 7051, 9051 and so on), and an orderer of their own (7050)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=9), conflicts_with_all = ["msp", "domain", "couchdb"])]
    pub(crate) orgs: Option<u8>,
    /// The MSP ID of the organization
    #[arg(long, value_name = "MSP-ID", default_value = "Org1MSP")]
    pub(crate) msp: MspId,
    /// The domain of the organization [default: org1.example.com for `Org1MSP`]
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) domain: Option<Domain>,
    /// Address on which to accept connections from clients
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7051")]
    pub(crate) listen: SocketAddr,
    /// Address on which to accept connections from chaincode
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7052")]
    pub(crate) chaincode_listen: SocketAddr,
    /// Host names by which chaincode reaches this peer, for example from a container; chaincode dials the first one [default: the address]
    #[arg(long, value_name = "HOST")]
    pub(crate) chaincode_host: Vec<ccs_identity::Host>,
    /// Require mutual TLS from chaincode that connects, with the certificate that the peer issues to it
    #[arg(long)]
    pub(crate) chaincode_tls: bool,
    /// The folder for certificates and keys, in cryptogen's layout; created if it does not exist
    #[arg(long, value_name = "DIR", default_value = "organizations")]
    pub(crate) organizations: PathBuf,
    /// Also run a Fabric CA, which registers and enrolls users [default address: 127.0.0.1:7054]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = "127.0.0.1:7054")]
    pub(crate) ca: Option<SocketAddr>,
    /// Keep the ledger in this folder; otherwise it is lost when the peer stops
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Answer rich queries with this CouchDB, which gets a copy of the state
    #[arg(long, value_name = "http://NAME:PASSWORD@HOST:PORT")]
    pub(crate) couchdb: Option<ccs_couchdb::Server>,
    /// Accept clients in plaintext
    #[arg(long)]
    pub(crate) no_tls: bool,
    /// How long to wait for a chaincode to register
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub(crate) startup_timeout: Duration,
    /// How long to wait for a chaincode to finish a transaction
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) execute_timeout: Duration,
    /// The executable of another builder, for packages [default: the builder in this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) builder: Option<PathBuf>,
    /// The launch.yaml for packages that the builder launches [default: programs and source as processes]
    #[arg(long, value_name = "FILE")]
    pub(crate) launch: Option<PathBuf>,
    /// Write this file when the peer and the chaincodes of this command are ready, and remove it at the end
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Print one JSON document on each line: see "JSON output" (docs/json.html)
    #[arg(long)]
    pub(crate) json: bool,
}

/// A value with an optional name: `VALUE` or `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named<T> {
    pub(crate) name: Option<String>,
    pub(crate) value: T,
}

impl<T: From<String>> FromStr for Named<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.split_once('=') {
            // A path may hold an equals sign; a name holds no slash.
            Some((name, value)) if !name.contains('/') => (Some(chaincode_name(name)?), value),
            _ => (None, text),
        };
        if value.is_empty() {
            return Err("missing file name after NAME=".to_owned());
        }
        Ok(Self { name, value: T::from(value.to_owned()) })
    }
}

/// A chaincode that runs outside of this command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attached {
    pub(crate) name: String,
    /// The address to dial; [`None`] if the chaincode connects to the peer.
    pub(crate) address: Option<String>,
}

impl FromStr for Attached {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, address)) = text.split_once('=') else {
            return Ok(Self { name: chaincode_name(text)?, address: None });
        };
        if !address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        {
            return Err(format!("invalid address {address:?}: expected HOST:PORT"));
        }
        Ok(Self { name: chaincode_name(name)?, address: Some(address.to_owned()) })
    }
}

/// Checks the name of a chaincode.
fn chaincode_name(text: &str) -> Result<String, String> {
    if ccs_devnet::is_chaincode_name(text) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "invalid chaincode name {text:?}: use letters and digits, with single - or _ between them"
        ))
    }
}

/// The longest name of a channel.
const CHANNEL_LENGTH: usize = 249;

/// Checks the name of a channel: `[a-z][a-z0-9.-]*` (Fabric 2.1 `common/configtx/validator.go`).
fn channel_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let is_name = text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(allowed);
    if is_name && text.len() <= CHANNEL_LENGTH {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "invalid channel name {text:?}: use lower-case letters, digits, dots and hyphens, {CHANNEL_LENGTH} at most, and \
             begin with a letter"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_a_name() {
        let named = |text: &str| text.parse::<Named<PathBuf>>().map(|named| (named.name, named.value));
        assert_eq!(named("a.tgz").unwrap(), (None, PathBuf::from("a.tgz")));
        assert_eq!(named("basic=a.tgz").unwrap(), (Some("basic".to_owned()), PathBuf::from("a.tgz")));
        assert_eq!(named("./odd=name.tgz").unwrap(), (None, PathBuf::from("./odd=name.tgz")));
        assert_eq!(named("basic=").unwrap_err(), "missing file name after NAME=");
        assert!(named("b c=a.tgz").unwrap_err().starts_with("invalid chaincode name \"b c\""));
    }

    #[test]
    fn an_attached_chaincode_has_a_name_and_may_have_an_address() {
        let attached = |text: &str| text.parse::<Attached>();
        let with = |address: Option<&str>| Attached {
            name: "basic".to_owned(),
            address: address.map(str::to_owned),
        };
        assert_eq!(attached("basic").unwrap(), with(None));
        assert_eq!(attached("basic=localhost:9999").unwrap(), with(Some("localhost:9999")));
        assert_eq!(attached("basic=[::1]:9999").unwrap(), with(Some("[::1]:9999")));
        assert_eq!(
            attached("basic=localhost").unwrap_err(),
            "invalid address \"localhost\": expected HOST:PORT"
        );
        for name in ["", "a__b", "-a", "a.b", "a b"] {
            assert!(attached(name).is_err(), "{name}");
        }
    }

    #[test]
    fn names_of_channels_are_those_that_a_network_accepts() {
        let long = "a".repeat(CHANNEL_LENGTH);
        for name in ["mychannel", "a", "my-channel.2", &long] {
            assert_eq!(channel_name(name).as_deref(), Ok(name));
        }
        for name in ["", "MyChannel", "2nd", "-a", "my_channel", "ä", &format!("{long}a")] {
            assert!(channel_name(name).unwrap_err().starts_with("invalid channel name"), "{name}");
        }
    }
}
