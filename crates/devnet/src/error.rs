//! Errors that prevent a development network from starting, or end it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ccs_identity::MspId;

use crate::deployment::DeploymentError;
use crate::plan::PlanError;

/// Error that prevents a development network from starting, or ends it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system rejects an operation.
    #[error("cannot {act} {}", path.display())]
    System {
        /// The operation.
        act: &'static str,
        /// Path of the file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The ports of the organizations would collide, or exceed the highest one.
    #[error("{option} {address} leaves no ports for {organizations} organizations")]
    Ports {
        /// Option that sets the address.
        option: &'static str,
        /// The address.
        address: SocketAddr,
        /// Number of organizations.
        organizations: u8,
        /// Port with which the option works; [`None`] if other options must change too.
        usable: Option<u16>,
    },
    /// The peer cannot listen for clients.
    #[error("cannot listen on {address}")]
    ListenForClients {
        /// Address to listen on.
        address: SocketAddr,
        /// Error of the system.
        source: io::Error,
    },
    /// The peer cannot listen for chaincode.
    #[error("cannot listen on {address}")]
    ListenForChaincode {
        /// Address to listen on.
        address: SocketAddr,
        /// Error of the system.
        source: io::Error,
    },
    /// The machine has no free port for a chaincode.
    #[error("no free port")]
    Port(#[source] io::Error),
    /// A temporary folder cannot be created.
    #[error("cannot create a temporary folder")]
    Scratch(#[source] io::Error),
    /// The default domain for an MSP ID is not a valid domain.
    #[error("cannot derive a domain from the MSP ID {msp}")]
    Domain {
        /// MSP ID of the organization.
        msp: MspId,
        /// Error from parsing the domain.
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
        /// Error of the system.
        source: io::Error,
    },
    /// No platform is configured for the images of a package.
    #[error("no platform is configured for packages of the type {chaincode_type}")]
    NoSettings {
        /// Type of the package.
        chaincode_type: String,
    },
    /// The indexes of a package cannot be read.
    #[error("cannot read the indexes in {}", folder.display())]
    Indexes {
        /// Output folder of `release`.
        folder: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// A package that was installed earlier cannot be used.
    #[error("{}", file.display())]
    Installed {
        /// Path of the package file.
        file: PathBuf,
        /// Error from reading or building it.
        source: Box<Error>,
    },
    /// The requested chaincodes are not valid.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A package cannot be read.
    #[error(transparent)]
    Package(#[from] ccs_package_tools::Error),
    /// A package cannot be built.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The output of the builder cannot be used.
    #[error(transparent)]
    Connection(#[from] ccs_dial::connection::InfoError),
    /// The organization can be neither opened nor created.
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
    /// A host name cannot be used in a certificate.
    #[error(transparent)]
    Host(#[from] ccs_identity::HostError),
    /// The CA cannot listen.
    #[error("cannot listen for clients of the CA on {address}")]
    ListenForCaClients {
        /// The address.
        address: std::net::SocketAddr,
        /// Error of the system.
        source: io::Error,
    },
    /// The organization's folder has no CA.
    #[error(transparent)]
    Users(#[from] ccs_identity::UserError),
    /// The CA cannot be opened.
    #[error(transparent)]
    Ca(#[from] ccs_ca::IssuerError),
    /// The CA cannot serve.
    #[error(transparent)]
    ServeCa(#[from] ccs_ca::ServeError),
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
    /// The peer can no longer serve clients.
    #[error(transparent)]
    Serve(#[from] ccs_peer::ServeError),
}

impl Error {
    /// Creates an error for an operation that the system rejects.
    pub(crate) fn system(act: &'static str, path: &Path, source: io::Error) -> Self {
        Self::System { act, path: path.to_owned(), source }
    }

    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ListenForClients { .. }
            | Self::ListenForChaincode { .. }
            | Self::ListenForCaClients { .. } => Some(
                "stop the program that listens there, or listen on port 0, which takes a free port"
                    .to_owned(),
            ),
            Self::Ports { option, address, usable: Some(port), .. } => {
                Some(format!("listen on port {port}: {option} {}", SocketAddr::new(address.ip(), *port)))
            }
            Self::Ports { usable: None, .. } => Some(
                "leave out the options that set addresses, to use the ports of the test network".to_owned(),
            ),
            Self::Domain { .. } => {
                Some("give the organization a domain, for example org1.example.com".to_owned())
            }
            Self::NoSettings { .. } => Some(
                "pass a launch.yaml with --launch FILE, for example one with the line platform: docker"
                    .to_owned(),
            ),
            Self::Installed { source, .. } => source.hint(),
            Self::Plan(error) => error.hint(),
            Self::Package(error) => error.hint(),
            Self::Deployment(error) => error.hint(),
            Self::Connection(error) => error.hint(),
            Self::Organization(error) => error.hint(),
            Self::Users(error) => error.hint(),
            Self::Ca(ccs_ca::IssuerError::State(_)) => Some(
                "move the file of the CA away; its users must be registered and enrolled again".to_owned(),
            ),
            Self::Ca(_) | Self::ServeCa(_) => Some(
                "restore the files of the CA in the organization's folder, or start without --ca".to_owned(),
            ),
            Self::Store(error) => error.hint(),
            Self::Ledger(error) => error.hint(),
            Self::Mirror(error) => error.hint(),
            Self::Disk(error) => error.hint(),
            Self::Variables(error) => error.hint(),
            _ => None,
        }
    }
}
