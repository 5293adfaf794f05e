//! Certificates and keys of a development organization: CAs, a peer or an orderer, an administrator and a user. They are
//! kept in memory, or in the folder layout that applications written for Fabric's test network expect.

mod blueprint;
mod check;
mod files;
mod folder;
mod material;
mod names;
mod orderer;
mod peer;
mod plan;
mod profile;
mod users;

use std::io;
use std::path::Path;

use crate::authority::{IssueError, Pair};
use crate::msp::{FolderError, MspError, ValidationError};
use crate::role::Role;
use crate::signer::SignerError;

pub use names::{Domain, DomainError, Host, HostError, UserName, UserNameError};
pub use orderer::OrdererOrganization;
pub use peer::Organization;
pub use plan::{OrdererPlan, OrganizationPlan};
pub use profile::{CaProfile, OrdererProfile, ProfileSettings};
pub use users::{CaPairs, NewUser, User, UserError, Users};

/// Error from creating or opening an organization.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationError {
    /// A certificate could not be created.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The new certificates do not form a valid MSP.
    #[error("the organization's MSP cannot be made: {0}")]
    Msp(MspError),
    /// The files cannot be written.
    #[error("cannot write {path}: {reason}")]
    Unwritable {
        /// Path of the folder.
        path: String,
        /// Error text of the system.
        reason: String,
    },
    /// A file of an existing folder cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// An existing identity has no usable key.
    #[error("{path}: {reason}")]
    Signer {
        /// Path of the MSP folder.
        path: String,
        /// Error from reading the signer.
        reason: SignerError,
    },
    /// An existing certificate is not an identity of the organization.
    #[error("{path}: {reason}")]
    Identity {
        /// Path of the MSP folder.
        path: String,
        /// Error from validating the certificate.
        reason: ValidationError,
    },
    /// An existing identity has a role other than its folder indicates.
    #[error("{path}: the certificate does not have the role {role}")]
    Role {
        /// Path of the MSP folder.
        path: String,
        /// Expected role.
        role: Role,
    },
    /// An existing certificate has expired.
    #[error("{path}: the certificate has expired")]
    Expired {
        /// Path of the file or MSP folder.
        path: String,
    },
    /// An existing TLS certificate cannot be used.
    #[error("{path}: {reason}")]
    Tls {
        /// Path of the file.
        path: String,
        /// Description of the error.
        reason: String,
    },
    /// An existing TLS certificate is not valid for a host.
    #[error("{path}: the certificate is not for host '{host}'")]
    Host {
        /// Path of the file.
        path: String,
        /// The missing host.
        host: String,
    },
}

impl OrganizationError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Issue(_) | Self::Msp(_) | Self::Unwritable { .. } => None,
            Self::Host { .. } => Some(
                "move the organization's folder away; it is then recreated for every host, and applications need \
                 the new files"
                    .to_owned(),
            ),
            _ => Some(
                "move the organization's folder away; it is then recreated, and applications need the new files"
                    .to_owned(),
            ),
        }
    }
}

/// Origin of an organization's certificates and keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They were created now.
    Made,
    /// They were read from the folder.
    Found,
}

/// TLS certificates and key of a node, as PEM texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeTls {
    /// CA certificate that clients trust.
    pub ca: String,
    /// Certificate and key of the server.
    pub server: Pair,
}

fn unwritable(path: &Path, error: &io::Error) -> OrganizationError {
    OrganizationError::Unwritable { path: path.display().to_string(), reason: error.to_string() }
}
