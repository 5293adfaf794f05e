//! The material of a development organization: CAs, a peer, an administrator and a user, in memory or in the folder
//! that applications written for Fabric's test network expect.

mod check;
mod files;
mod folder;
mod material;
mod plan;
mod profile;

use std::sync::Arc;

use crate::authority::{IssueError, Pair};
use crate::msp::{FolderError, Msp, MspError, ValidationError};
use crate::role::Role;
use crate::signer::{Signer, SignerError};

pub use plan::{Domain, DomainError, Host, HostError, OrganizationPlan};

/// Says why there is no material for an organization.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrganizationError {
    /// A certificate was not made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// What was made does not fit together.
    #[error("the organization's MSP cannot be made: {0}")]
    Msp(MspError),
    /// The material cannot be written.
    #[error("cannot write {path}: {reason}")]
    Unwritable {
        /// The folder.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A file of an existing folder cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// An existing identity has no usable key.
    #[error("{path}: {reason}")]
    Signer {
        /// The MSP folder.
        path: String,
        /// What is wrong.
        reason: SignerError,
    },
    /// An existing certificate is no identity of the organization.
    #[error("{path}: {reason}")]
    Identity {
        /// The MSP folder.
        path: String,
        /// What is wrong.
        reason: ValidationError,
    },
    /// An existing identity has another role than its folder says.
    #[error("{path}: the certificate is not that of {role}")]
    Role {
        /// The MSP folder.
        path: String,
        /// The role it should have.
        role: Role,
    },
    /// An existing certificate has ended.
    #[error("{path}: the certificate has expired")]
    Expired {
        /// The file or MSP folder.
        path: String,
    },
    /// An existing TLS certificate does not do.
    #[error("{path}: {reason}")]
    Tls {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// An existing TLS certificate lacks a host.
    #[error("{path}: the certificate is not for host '{host}'")]
    Host {
        /// The file.
        path: String,
        /// The host.
        host: String,
    },
}

impl OrganizationError {
    /// Returns what to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Issue(_) | Self::Msp(_) | Self::Unwritable { .. } => None,
            Self::Host { .. } => Some(
                "move the organization's folder away, and it is made anew for every host; applications then need \
                 the new files"
                    .to_owned(),
            ),
            _ => Some(
                "move the organization's folder away, and it is made anew; applications then need the new files"
                    .to_owned(),
            ),
        }
    }
}

/// Where the material of an organization comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was made now.
    Made,
    /// It was in the folder.
    Found,
}

/// An organization with a peer, an administrator and a user, whose keys are at hand.
#[derive(Debug)]
pub struct Organization {
    msp: Arc<Msp>,
    peer: Arc<Signer>,
    admin: Arc<Signer>,
    user: Arc<Signer>,
    tls: PeerTls,
}

/// The TLS material of a peer, as PEM texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerTls {
    /// The CA certificate that clients trust.
    pub ca: String,
    /// The server's certificate and key.
    pub server: Pair,
}

impl Organization {
    /// Returns the MSP.
    #[must_use]
    pub fn msp(&self) -> &Arc<Msp> {
        &self.msp
    }

    /// Returns the peer's identity, which endorses.
    #[must_use]
    pub fn peer(&self) -> &Arc<Signer> {
        &self.peer
    }

    /// Returns the administrator `Admin`.
    #[must_use]
    pub fn admin(&self) -> &Arc<Signer> {
        &self.admin
    }

    /// Returns the client `User1`.
    #[must_use]
    pub fn user(&self) -> &Arc<Signer> {
        &self.user
    }

    /// Returns the peer's TLS material.
    #[must_use]
    pub fn tls(&self) -> &PeerTls {
        &self.tls
    }
}
