//! What organizations of peers and of orderers have in common: names, folders and roles.

use std::path::{Path, PathBuf};

use super::names::Domain;
use crate::authority::Place;
use crate::msp_id::MspId;
use crate::role::Role;

/// Kind of the nodes of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Peers,
    Orderers,
}

impl Kind {
    /// Returns the role of the nodes.
    pub(super) fn role(self) -> Role {
        match self {
            Self::Peers => Role::Peer,
            Self::Orderers => Role::Orderer,
        }
    }

    /// Returns the name of the folder that holds the organizations of this kind.
    fn organizations(self) -> &'static str {
        match self {
            Self::Peers => "peerOrganizations",
            Self::Orderers => "ordererOrganizations",
        }
    }

    /// Returns the name of the folder that holds the nodes.
    pub(super) fn nodes(self) -> &'static str {
        match self {
            Self::Peers => "peers",
            Self::Orderers => "orderers",
        }
    }
}

/// Organization to create or open, with one node and an administrator.
#[derive(Clone, Debug)]
pub(super) struct Blueprint {
    pub(super) msp_id: MspId,
    pub(super) domain: Domain,
    pub(super) kind: Kind,
    /// Common name of the node.
    pub(super) node: String,
    /// Hosts for which an existing TLS certificate of the node must be valid.
    pub(super) required_hosts: Vec<String>,
    /// Hosts of a new TLS certificate of the node.
    pub(super) hosts: Vec<String>,
}

impl Blueprint {
    /// Returns the common name of a user.
    pub(super) fn user_name(&self, name: &str) -> String {
        format!("{name}@{}", self.domain)
    }

    /// Returns the organization's folder below `organizations`.
    pub(super) fn folder(&self, organizations: &Path) -> PathBuf {
        organizations.join(self.kind.organizations()).join(self.domain.as_str())
    }
}

/// Returns the place in the names of an organization's CAs, for the organizations of the test network (fabric-samples
/// `test-network/organizations/fabric-ca`). Samples quote these names.
pub(super) fn place(domain: &Domain) -> Option<Place> {
    match domain.as_str() {
        "org1.example.com" => Some(["US", "North Carolina", "Durham"]),
        "org2.example.com" => Some(["UK", "Hampshire", "Hursley"]),
        "org3.example.com" => Some(["US", "North Carolina", "Raleigh"]),
        "example.com" => Some(["US", "New York", "New York"]),
        _ => None,
    }
}
