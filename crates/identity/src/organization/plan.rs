//! The description of an organization to create or open.

use std::fmt;
use std::str::FromStr;

use rustls_pki_types::ServerName;

use crate::msp_id::MspId;

/// Hosts in every new TLS certificate of a peer besides its names, for clients on this machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Description of an organization to create or open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationPlan {
    /// ID of its MSP.
    pub msp_id: MspId,
    /// Domain, used in the names of its folder and members.
    pub domain: Domain,
    /// Further hosts for which the peer's TLS certificate must be valid, besides `peer0.DOMAIN`.
    pub hosts: Vec<Host>,
    /// Address at which applications dial the peer, `host:port`; used in connection profiles. A new TLS certificate is
    /// valid for its host.
    pub endpoint: String,
}

impl OrganizationPlan {
    /// Returns the common name of the peer.
    #[must_use]
    pub fn peer_name(&self) -> String {
        format!("peer0.{}", self.domain)
    }

    /// Returns the name under which applications of Fabric's samples dial the orderer: `orderer.example.com` for
    /// `org1.example.com`.
    #[must_use]
    pub fn orderer_name(&self) -> String {
        let domain = self.domain.as_str();
        format!("orderer.{}", domain.split_once('.').map_or(domain, |(_, parent)| parent))
    }

    /// Returns the host at which applications dial the peer.
    #[must_use]
    pub fn endpoint_host(&self) -> &str {
        let host = self.endpoint.rsplit_once(':').map_or(self.endpoint.as_str(), |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Returns the hosts for which an existing TLS certificate must be valid.
    pub(super) fn required_hosts(&self) -> Vec<String> {
        std::iter::once(self.peer_name()).chain(self.hosts.iter().map(ToString::to_string)).collect()
    }

    /// Returns all hosts of a new TLS certificate.
    pub(super) fn all_hosts(&self) -> Vec<String> {
        let mut hosts = self.required_hosts();
        let others = [self.orderer_name(), self.endpoint_host().to_owned()];
        for host in LOCAL.into_iter().map(str::to_owned).chain(others) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }
}

/// Domain of an organization, such as `org1.example.com`.
///
/// Consists of lower-case labels of letters, digits and dashes. Has at most 58 characters, since the common names of
/// members are limited to 64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain(String);

/// Error from parsing a domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid domain '{text}': use labels of a-z, 0-9 and dashes, separated by dots, and at most 58 characters"
)]
pub struct DomainError {
    text: String,
}

impl Domain {
    /// Returns the domain as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first label of the domain.
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

/// Host name or IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(ServerName<'static>);

/// Error from parsing a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is neither a host name nor an IP address")]
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
