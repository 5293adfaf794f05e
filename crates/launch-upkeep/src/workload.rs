//! The objects of launches, on any platform.

pub use ccs_launch::State;
use ccs_launch::record::{DOCKER, KUBERNETES};
use ccs_launch::settings::Role;
use ccs_launch_kubernetes as kubernetes;
use ccs_launch_kubernetes::Found;
use ccs_report::moment;

/// A kind of object that a launch creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On Kubernetes, a chaincode that the peer dials.
    Deployment,
    /// On Kubernetes, a chaincode that dials the peer.
    Job,
    /// On Kubernetes, the address that the peer dials.
    Service,
    /// On Kubernetes, the certificates.
    Secret,
    /// On Docker, a chaincode of either role.
    Container,
}

/// An object that a launch has created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Its kind.
    pub kind: Kind,
    /// The role.
    pub role: Role,
    /// Its namespace; empty on Docker.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID, or the ID of the container.
    pub uid: String,
    /// The common identifier of all objects of one chaincode on one peer, which launch.json contains.
    pub workload: String,
    /// The package ID.
    pub package_id: String,
    /// The ID of the peer.
    pub peer_id: String,
    /// The MSP ID of the peer; empty if the peer does not propagate it.
    pub mspid: String,
    /// When it was created, as RFC 3339.
    pub created: Option<String>,
    /// When a launch last applied it, as RFC 3339; [`None`] if each launch creates a new one.
    pub applied: Option<String>,
    /// Its state; a Service has none.
    pub state: Option<State>,
    /// Why its chaincode last ended, if it did.
    pub last_end: Option<String>,
}

impl Kind {
    /// Returns the name of the kind.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Deployment => "deployment",
            Self::Job => "job",
            Self::Service => "service",
            Self::Secret => "secret",
            Self::Container => "container",
        }
    }

    /// Returns the name of its platform.
    #[must_use]
    pub fn platform(self) -> &'static str {
        if self == Self::Container { DOCKER } else { KUBERNETES }
    }
}

impl Workload {
    /// Returns `NAMESPACE/NAME`, or only the name on Docker.
    #[must_use]
    pub fn place(namespace: &str, name: &str) -> String {
        if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
    }
}

impl From<Found> for Workload {
    fn from(found: Found) -> Self {
        let kind = match found.kind {
            kubernetes::Kind::Job => Kind::Job,
            kubernetes::Kind::Deployment => Kind::Deployment,
            kubernetes::Kind::Service => Kind::Service,
            kubernetes::Kind::Secret => Kind::Secret,
        };
        Self {
            kind,
            role: if kind == Kind::Job { Role::Client } else { Role::Server },
            namespace: found.namespace,
            name: found.name,
            uid: found.uid,
            workload: found.workload,
            package_id: found.package_id,
            peer_id: found.peer_id,
            mspid: found.mspid,
            created: found.created,
            applied: found.applied,
            state: found.state,
            last_end: found.last_end,
        }
    }
}

impl From<ccs_launch_docker::Workload> for Workload {
    fn from(found: ccs_launch_docker::Workload) -> Self {
        let is_server = found.role == "server";
        let state = match found.state.as_str() {
            "running" => State::Running,
            "created" => State::Starting("it was created, but not started yet".to_owned()),
            _ if is_server => State::Failing(found.status),
            _ => State::Ended(found.status),
        };
        Self {
            kind: Kind::Container,
            role: if is_server { Role::Server } else { Role::Client },
            namespace: String::new(),
            workload: found.workload.unwrap_or_else(|| found.name.clone()),
            name: found.name,
            uid: found.id,
            package_id: found.package,
            peer_id: found.peer,
            mspid: found.mspid,
            created: Some(moment::of_seconds(found.created)),
            applied: None,
            state: Some(state),
            last_end: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(role: &str, state: &str) -> ccs_launch_docker::Workload {
        ccs_launch_docker::Workload {
            id: "1f".to_owned(),
            name: "dev-peer0-basic_1.0-00-ccs-7a".to_owned(),
            package: "basic_1.0:00".to_owned(),
            peer: "peer0".to_owned(),
            mspid: "Org1MSP".to_owned(),
            role: role.to_owned(),
            workload: (role == "server").then(|| "dev-peer0-basic_1.0-00-ccs".to_owned()),
            address: None,
            run: "7a".to_owned(),
            image: "basic".to_owned(),
            state: state.to_owned(),
            status: "Exited (1) 2 minutes ago".to_owned(),
            created: 1_796_011_200,
        }
    }

    #[test]
    fn a_container_says_whose_it_is_and_how() {
        let server = Workload::from(container("server", "running"));
        assert_eq!((server.role, server.state), (Role::Server, Some(State::Running)));
        assert_eq!(server.workload, "dev-peer0-basic_1.0-00-ccs");
        assert_eq!(server.mspid, "Org1MSP");
        assert_eq!(server.created.as_deref(), Some("2026-11-30T04:00:00Z"));
        let status = "Exited (1) 2 minutes ago".to_owned();
        let stopped = Workload::from(container("server", "exited"));
        assert_eq!(stopped.state, Some(State::Failing(status.clone())));
        let client = Workload::from(container("client", "exited"));
        assert_eq!((client.role, client.state), (Role::Client, Some(State::Ended(status))));
        assert_eq!(client.workload, client.name);
    }
}
