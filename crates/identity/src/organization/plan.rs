//! What an organization shall be.

use std::fmt;
use std::str::FromStr;

use rustls_pki_types::ServerName;

use crate::msp_id::MspId;

/// What every peer's TLS certificate is for, beside its own name: clients on this machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Describes an organization that is to be made or found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationPlan {
    /// The ID of its MSP.
    pub msp_id: MspId,
    /// Its domain, which names its folder and its members.
    pub domain: Domain,
    /// Where else its peer is reached, beside `peer0.DOMAIN` and this machine.
    pub hosts: Vec<Host>,
    /// Where applications dial the peer, `host:port`, for the connection profiles.
    pub endpoint: String,
}

impl OrganizationPlan {
    /// Returns the common name of the peer.
    #[must_use]
    pub fn peer_name(&self) -> String {
        format!("peer0.{}", self.domain)
    }

    /// Returns every host of the peer's TLS certificate.
    #[must_use]
    pub fn all_hosts(&self) -> Vec<String> {
        let mut hosts = vec![self.peer_name()];
        let others = LOCAL.into_iter().map(str::to_owned).chain(self.hosts.iter().map(ToString::to_string));
        for host in others {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }
}

/// The domain of an organization, such as `org1.example.com`.
///
/// Lower-case labels of letters, digits and dashes; at most 58 characters, since common names of members must fit into 64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain(String);

/// Says why a text is no domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is no domain: it has labels of a-z, 0-9 and dashes between dots, and not more than 58 characters"
)]
pub struct DomainError {
    text: String,
}

impl Domain {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first label.
    pub(crate) fn first_label(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(allowed)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() <= 58 && text.split('.').all(is_label) {
            return Ok(Self(text.to_owned()));
        }
        Err(DomainError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host name or IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(ServerName<'static>);

/// Says why a text is no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no host name and no IP address")]
pub struct HostError {
    text: String,
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let name = ServerName::try_from(text.to_owned());
        name.map(Self).map_err(|_| HostError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_str())
    }
}
