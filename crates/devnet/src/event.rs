//! Events on a development network, for the program that displays them.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;

use ccs_dial::End;
use ccs_identity::MspId;

use crate::output::Stream;

/// Receives each event of a network, in order, with the organization whose peer reports it if there are several. The
/// network waits for it to return.
pub type NetworkReport = Arc<dyn Fn(Option<&MspId>, Event) + Send + Sync>;

/// Receives each event of a peer.
pub(crate) type Report = Arc<dyn Fn(Event) + Send + Sync>;

/// An event on a development network.
#[derive(Debug)]
pub enum Event {
    /// The peer serves clients and chaincode.
    Ready(Ready),
    /// Something happened to a chaincode.
    Chaincode {
        /// Name of the chaincode; for an installed package, its label.
        name: String,
        /// ID under which it registers.
        id: String,
        /// The event.
        event: ChaincodeEvent,
    },
    /// A builder wrote a line for the peer's log.
    Builder {
        /// Name of the builder.
        builder: String,
        /// ID of the package that it builds.
        id: String,
        /// The line, without its end.
        line: String,
    },
    /// A chaincode that the network started wrote a line.
    Output {
        /// Name of the chaincode.
        name: String,
        /// ID under which it registers.
        id: String,
        /// Stream to which it wrote.
        stream: Stream,
        /// The line, without its end.
        line: String,
    },
    /// The peer simulated or committed a transaction, or reports a warning.
    Peer(ccs_peer::observer::PeerEvent),
    /// A setting works, but may not be intended.
    Warning(String),
}

/// Addresses and settings with which clients and chaincode reach the peer.
#[derive(Clone, Debug)]
pub struct Ready {
    /// MSP ID of the organization.
    pub msp_id: MspId,
    /// Names of the channels.
    pub channels: Vec<String>,
    /// Address on which the peer listens for clients.
    pub listen: SocketAddr,
    /// Address that clients dial, `host:port`.
    pub endpoint: String,
    /// Host name in the peer's certificate.
    pub host_alias: String,
    /// Folder of the organization, as a path that is valid in any working directory of an application.
    pub crypto_path: PathBuf,
    /// Whether clients use TLS.
    pub is_tls: bool,
    /// Address that clients of the Fabric CA dial, `host:port`; [`None`] without a CA.
    pub ca_endpoint: Option<String>,
    /// Address on which the peer listens for chaincode.
    pub chaincode_listen: SocketAddr,
    /// Address that chaincode dials, `host:port`.
    pub chaincode_endpoint: String,
    /// Whether chaincode uses TLS.
    pub is_chaincode_tls: bool,
    /// Address at which clients dial the orderer, `host:port`, if it has its own.
    pub orderer_endpoint: Option<String>,
}

/// Event of a chaincode. `Display` prints it as the rest of a sentence that starts with the chaincode's name.
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
    /// Event of the command that runs the chaincode.
    Process(ProcessEvent),
}

/// Instructions for a chaincode to connect.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// ID to register under.
    pub id: String,
    /// File that exports its variables, if there is one.
    pub variables: Option<PathBuf>,
}

/// Event of a chaincode's command.
#[derive(Clone, Debug)]
pub enum ProcessEvent {
    /// It was started, with this process ID.
    Started(u32),
    /// It has asked for the flag `-peer.address`, and is restarted with it.
    FlagAdded(String),
    /// It did not start with the flag. The flag is not added again until the command asks for it.
    FlagDropped,
    /// It has ended by itself, and is restarted after a moment.
    Ended(ExitStatus),
    /// It has ended right after its start, and is restarted when a file changes.
    Failed(ExitStatus),
    /// It has ended right after each of its last starts, and no file is watched: it is not restarted.
    GivenUp {
        /// How it ended.
        status: ExitStatus,
        /// Number of starts.
        starts: u32,
    },
    /// It was stopped because a file has changed.
    Changed(PathBuf),
}

impl fmt::Display for ChaincodeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Awaited(invitation) => write!(f, "is expected to connect {invitation}"),
            Self::Needed(invitation) => {
                write!(f, "is needed by a waiting transaction: let it connect {invitation}")
            }
            Self::Ready(id) => write!(f, "is ready as {id}"),
            Self::Left(end) => write!(f, "has disconnected: {end}; the next transaction will need it again"),
            Self::Installed(id) => write!(f, "is installed as {id}"),
            Self::Process(event) => event.fmt(f),
        }
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "as {}", self.id)?;
        match &self.variables {
            Some(file) => write!(f, ", with the variables in {}", file.display()),
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
                "is restarted with {flag}, since the Go shim reads the peer's address only from its command line"
            ),
            Self::FlagDropped => f.write_str(
                "does not start with the flag -peer.address either; if its command does not pass arguments on to the \
                 program, add the flag there: -peer.address \"$CORE_PEER_ADDRESS\"",
            ),
            Self::Ended(status) => write!(f, "ended: {status}; it is started again"),
            Self::Failed(status) => {
                write!(f, "failed to start: {status}; it is started again when a file changes")
            }
            Self::GivenUp { status, starts } => write!(
                f,
                "ended {starts} times right after its start: {status}; it is not started again: correct it and restart \
                 `ccs dev`, or use --watch to start it again when a file changes"
            ),
            Self::Changed(file) => {
                let here = std::env::current_dir().unwrap_or_default();
                let file = file.strip_prefix(&here).unwrap_or(file);
                write!(f, "starts again, {} has changed", file.display())
            }
        }
    }
}
