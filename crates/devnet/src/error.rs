//! Why a development network cannot start, or ends.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ccs_identity::MspId;

use crate::deployment::DeploymentError;
use crate::plan::PlanError;

/// A development network cannot start, or ends.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system rejects something.
    #[error("cannot {act} {}", path.display())]
    System {
        /// What was to be done.
        act: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The peer cannot listen for clients.
    #[error("cannot listen on {address}")]
    ListenForClients {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The peer cannot listen for chaincode.
    #[error("cannot listen on {address}")]
    ListenForChaincode {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// The machine has no free port for a chaincode.
    #[error("no free port")]
    Port(#[source] io::Error),
    /// No temporary folder can be made.
    #[error("cannot make a temporary folder")]
    Scratch(#[source] io::Error),
    /// The domain that is usual for an MSP ID is not a domain.
    #[error("no domain follows from the MSP ID {msp}")]
    Domain {
        /// The MSP ID.
        msp: MspId,
        /// What is wrong with the domain.
        source: ccs_identity::DomainError,
    },
    /// Changes of files cannot be watched.
    #[error("cannot watch for changes")]
    Watch(#[source] notify::Error),
    /// The command of a chaincode cannot be started.
    #[error("cannot start {command:?}")]
    Command {
        /// The command.
        command: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The builder was not found.
    #[error("{message}")]
    Builder {
        /// Why not.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// Nothing says where images are launched.
    #[error("nothing says where packages of the type {chaincode_type} are launched")]
    NoSettings {
        /// The type.
        chaincode_type: String,
    },
    /// The indexes of a package cannot be read.
    #[error("cannot read the indexes in {}", folder.display())]
    Indexes {
        /// The folder of what was released.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A package that was installed earlier cannot be used.
    #[error("{}", file.display())]
    Installed {
        /// The file of the package.
        file: PathBuf,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// The chaincodes cannot be as they were planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A package cannot be read.
    #[error(transparent)]
    Package(#[from] ccs_package_tools::Error),
    /// A package cannot be built.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// What the builder has released cannot be used.
    #[error(transparent)]
    Connection(#[from] ccs_dial::connection::InfoError),
    /// The organization can neither be read nor made.
    #[error(transparent)]
    Organization(#[from] ccs_identity::OrganizationError),
    /// The ledger cannot be opened.
    #[error(transparent)]
    Store(#[from] ccs_ledger::OpenError),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] ccs_ledger::LedgerError),
    /// A chaincode cannot be defined.
    #[error(transparent)]
    Definition(#[from] ccs_channel::DefinitionError),
    /// The state cannot be copied to CouchDB.
    #[error(transparent)]
    Mirror(#[from] ccs_channel::MirrorError),
    /// A host cannot stand in a certificate.
    #[error(transparent)]
    Host(#[from] ccs_identity::HostError),
    /// A certificate cannot be issued.
    #[error(transparent)]
    Issue(#[from] ccs_identity::IssueError),
    /// The files of a chaincode cannot be written.
    #[error(transparent)]
    Disk(#[from] ccs_disk::Error),
    /// The variables of a chaincode cannot be written.
    #[error(transparent)]
    Variables(#[from] ccs_shim_env::Error),
    /// The peer cannot use its TLS certificate.
    #[error(transparent)]
    Tls(#[from] ccs_peer::ServerTlsError),
    /// The peer cannot serve clients any more.
    #[error(transparent)]
    Serve(#[from] ccs_peer::ServeError),
}

impl Error {
    /// Tells what the system rejects.
    pub(crate) fn system(act: &'static str, path: &Path, source: io::Error) -> Self {
        Self::System { act, path: path.to_owned(), source }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ListenForClients { .. } | Self::ListenForChaincode { .. } => Some(
                "stop the program that listens there, or listen on port 0, which takes a free port"
                    .to_owned(),
            ),
            Self::Domain { .. } => {
                Some("give the organization a domain, for example org1.example.com".to_owned())
            }
            Self::Builder { hint, .. } => hint.clone(),
            Self::NoSettings { .. } => Some(
                "name a launch.yaml with --launch FILE, such as one with the line platform: docker"
                    .to_owned(),
            ),
            Self::Installed { source, .. } => source.hint(),
            Self::Plan(error) => error.hint(),
            Self::Package(error) => error.hint(),
            Self::Deployment(error) => error.hint(),
            Self::Connection(error) => error.hint(),
            Self::Organization(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Ledger(error) => error.hint(),
            Self::Mirror(error) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Variables(error) => error.hint(),
            _ => None,
        }
    }
}
