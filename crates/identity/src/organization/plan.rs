//! The descriptions of organizations to create or open.

use super::blueprint::{Blueprint, Kind};
use super::names::{Domain, Host};
use crate::msp_id::MspId;

/// Hosts in every new TLS certificate of a node besides its names, for clients on this machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Domain above those of the test network's organizations.
const PARENT: &str = "example.com";

/// Description of an organization with a peer to create or open.
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
    /// Returns the plan of an organization of the test network: `Org2MSP` and `org2.example.com` for number 2.
    #[must_use]
    pub fn of_test_network(number: u8, endpoint: String) -> Self {
        Self {
            msp_id: MspId::of(&format!("Org{number}MSP")),
            domain: Domain::of(format!("org{number}.{PARENT}")),
            hosts: Vec::new(),
            endpoint,
        }
    }

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

    /// Returns the name of the Fabric CA, by which clients choose it: `ca-org1` for `org1.example.com`.
    #[must_use]
    pub fn ca_name(&self) -> String {
        format!("ca-{}", self.domain.first_label())
    }

    /// Returns the host at which applications dial the peer.
    #[must_use]
    pub fn endpoint_host(&self) -> &str {
        let host = self.endpoint.rsplit_once(':').map_or(self.endpoint.as_str(), |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(super) fn blueprint(&self) -> Blueprint {
        let others = [self.orderer_name(), self.endpoint_host().to_owned()];
        let node = self.peer_name();
        Blueprint {
            msp_id: self.msp_id.clone(),
            domain: self.domain.clone(),
            kind: Kind::Peers,
            required_hosts: required_hosts(&node, &self.hosts),
            hosts: all_hosts(&node, &self.hosts, others),
            node,
        }
    }
}

/// Description of an organization with an orderer to create or open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrdererPlan {
    /// ID of its MSP.
    pub msp_id: MspId,
    /// Domain, used in the names of its folder and members.
    pub domain: Domain,
    /// Further hosts for which the orderer's TLS certificate must be valid, besides `orderer.DOMAIN`.
    pub hosts: Vec<Host>,
}

impl OrdererPlan {
    /// Returns the plan of the test network's orderer organization: `OrdererMSP` and `example.com`.
    #[must_use]
    pub fn of_test_network() -> Self {
        Self { msp_id: MspId::of("OrdererMSP"), domain: Domain::of(PARENT.to_owned()), hosts: Vec::new() }
    }

    /// Returns the common name of the orderer.
    #[must_use]
    pub fn orderer_name(&self) -> String {
        format!("orderer.{}", self.domain)
    }

    pub(super) fn blueprint(&self) -> Blueprint {
        let node = self.orderer_name();
        Blueprint {
            msp_id: self.msp_id.clone(),
            domain: self.domain.clone(),
            kind: Kind::Orderers,
            required_hosts: required_hosts(&node, &self.hosts),
            hosts: all_hosts(&node, &self.hosts, []),
            node,
        }
    }
}

/// Returns the hosts for which an existing TLS certificate must be valid.
fn required_hosts(name: &str, hosts: &[Host]) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(hosts.iter().map(ToString::to_string)).collect()
}

/// Returns all hosts of a new TLS certificate: also the first label of the name, as in the test network.
fn all_hosts(name: &str, required: &[Host], others: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut hosts = required_hosts(name, required);
    let label = name.split('.').next().unwrap_or_default();
    for host in std::iter::once(label).chain(LOCAL).map(str::to_owned).chain(others) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}
