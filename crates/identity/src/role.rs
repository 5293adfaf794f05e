//! Roles of identities in policies.

use std::fmt;

use ccs_proto::common::msp_role::MspRoleType;

/// Role of an identity in its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Any valid identity of the MSP.
    Member,
    /// An administrator, by its organizational unit or because the MSP lists its certificate.
    Admin,
    /// A client, by its organizational unit.
    Client,
    /// A peer, by its organizational unit.
    Peer,
    /// An orderer, by its organizational unit.
    Orderer,
}

impl Role {
    /// All roles, in the order of their numbers on the wire.
    pub const ALL: [Self; 5] = [Self::Member, Self::Admin, Self::Client, Self::Peer, Self::Orderer];

    /// Returns the role's name in the policy language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Client => "client",
            Self::Peer => "peer",
            Self::Orderer => "orderer",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    pub(crate) fn wire(self) -> MspRoleType {
        match self {
            Self::Member => MspRoleType::Member,
            Self::Admin => MspRoleType::Admin,
            Self::Client => MspRoleType::Client,
            Self::Peer => MspRoleType::Peer,
            Self::Orderer => MspRoleType::Orderer,
        }
    }

    pub(crate) fn from_wire(number: i32) -> Option<Self> {
        let wire = MspRoleType::try_from(number).ok()?;
        Self::ALL.into_iter().find(|role| role.wire() == wire)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
