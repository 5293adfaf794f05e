//! What happens on a development network, for the program that shows it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;

use ccs_dial::End;
use ccs_identity::MspId;

use crate::output::Stream;

/// Takes each event, in the order in which they happen. The network waits for it to return.
pub type Report = Arc<dyn Fn(Event) + Send + Sync>;

/// An event on a development network.
#[derive(Debug)]
pub enum Event {
    /// The peer serves clients and chaincode.
    Ready(Ready),
    /// Something happened to a chaincode.
    Chaincode {
        /// The name of the chaincode; of an installed package the label.
        name: String,
        /// The ID that it registers under.
        id: String,
        /// What happened.
        event: ChaincodeEvent,
    },
    /// A builder wrote a line for the peer's log.
    Builder {
        /// The name of the builder.
        builder: String,
        /// The package that it builds.
        id: String,
        /// The line.
        line: String,
    },
    /// A chaincode that the network started wrote a line.
    Output {
        /// The name of the chaincode.
        name: String,
        /// The ID that it registers under.
        id: String,
        /// Where it wrote.
        stream: Stream,
        /// The line, without its end.
        line: String,
    },
    /// The peer simulated or committed a transaction, or warns.
    Peer(ccs_peer::observer::PeerEvent),
    /// Something works and may not be meant.
    Warning(String),
}

/// How clients and chaincode reach the peer.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The organization.
    pub msp_id: MspId,
    /// The channels.
    pub channels: Vec<String>,
    /// Where the peer listens for clients.
    pub listen: SocketAddr,
    /// The address that clients dial, `host:port`.
    pub endpoint: String,
    /// The name in the peer's certificate.
    pub host_alias: String,
    /// The folder of the organization, by a path that holds wherever an application runs.
    pub crypto_path: PathBuf,
    /// Whether clients use TLS.
    pub is_tls: bool,
    /// Where the peer listens for chaincode.
    pub chaincode_listen: SocketAddr,
    /// The address that chaincode dials, `host:port`.
    pub chaincode_endpoint: String,
    /// Whether chaincode uses TLS.
    pub is_chaincode_tls: bool,
}

/// What happened to a chaincode. `Display` says it behind the name of the chaincode.
#[derive(Clone, Debug)]
pub enum ChaincodeEvent {
    /// The peer waits for it to connect.
    Awaited(Invitation),
    /// A transaction waits for it to connect.
    Needed(Invitation),
    /// It has registered under this ID.
    Ready(String),
    /// Its stream has ended.
    Left(End),
    /// A client has installed its package, under this ID.
    Installed(String),
    /// Its command runs.
    Process(ProcessEvent),
}

/// How a chaincode is to connect.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The ID to register under.
    pub id: String,
    /// The file that exports its variables, if there is one.
    pub variables: Option<PathBuf>,
}

/// What happened to the command that a chaincode runs by.
#[derive(Clone, Debug)]
pub enum ProcessEvent {
    /// It was started; this is its process.
    Started(u32),
    /// It asked for the flag `-peer.address`, and is started again with it.
    FlagAdded(String),
    /// It was given the flag and did not start: the flag is not added again until the command asks for it.
    FlagDropped,
    /// It ended by itself, and is started again after a moment.
    Ended(ExitStatus),
    /// It ended as soon as it was started, and is started again when a file changes.
    Failed(ExitStatus),
    /// It was stopped since a file changed.
    Changed(PathBuf),
}

impl fmt::Display for ChaincodeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Awaited(invitation) => write!(f, "is awaited: {invitation}"),
            Self::Needed(invitation) => {
                write!(f, "is needed by a transaction, which waits: {invitation}")
            }
            Self::Ready(id) => write!(f, "is ready as {id}"),
            Self::Left(end) => write!(f, "has left: {end}; the next transaction asks for it again"),
            Self::Installed(id) => write!(f, "is installed as {id}"),
            Self::Process(event) => event.fmt(f),
        }
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "let it connect as {}", self.id)?;
        match &self.variables {
            Some(file) => write!(f, ", with the variables of {}", file.display()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ProcessEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(process) => write!(f, "started, process {process}"),
            Self::FlagAdded(flag) => write!(
                f,
                "is started again with {flag}, which the Go shim reads from its command line alone"
            ),
            Self::FlagDropped => f.write_str(
                "does not start with the flag -peer.address either; if its command does not pass flags on to the \
                 program, pass it there: -peer.address \"$CORE_PEER_ADDRESS\"",
            ),
            Self::Ended(status) => write!(f, "ended: {status}; it is started again"),
            Self::Failed(status) => {
                write!(f, "failed to start: {status}; it is started again when a file changes")
            }
            Self::Changed(file) => {
                let here = std::env::current_dir().unwrap_or_default();
                let file = file.strip_prefix(&here).unwrap_or(file);
                write!(f, "starts again, {} has changed", file.display())
            }
        }
    }
}
