//! Chaincode that the peer dials: a container which the install of a package starts and leaves running.
//!
//! | The peer | The container | The peer dials |
//! | --- | --- | --- |
//! | in a container with its own network | in the networks of the peer, or that of the settings | a name that the engine resolves in these networks |
//! | on the host, or in its network | in the network of the settings, or that of the engine | a port on the host's loopback |
//!
//! If an older container exists, the build chooses a new name and port, so that both containers can run until the new one is ready.

use std::path::Path;

use ccs_files::Connection;
use serde_json::json;

use super::names::{ADDRESS, MSPID, WORKLOAD};
use super::{Container, HOST, MODE, Network, Plan, Surroundings, settings_for};
use crate::identity::{Identity, fnv_1a};
use crate::image::Image;
use crate::server::{self, Certificates, FOLDER};
use crate::settings::{Role, Settings, Subject};
use crate::shim::File;
use crate::{ExitCode, Failure};

/// The prefix of the name that the peer dials.
const PREFIX: &str = "ccs";

/// How many digits of the launch that name ends with.
const DIGITS: usize = 5;

/// The address on which a port of the host is published, so that other hosts cannot connect.
const LOOPBACK: &str = "127.0.0.1";

/// The default network of an engine's containers.
const DEFAULT: &str = "bridge";

/// The predefined networks of an engine, in which it does not resolve names.
const NAMELESS: [&str; 4] = [DEFAULT, "default", "podman", "none"];

/// The ports that are published: below those that Linux assigns to outgoing connections, so that the port of a container is still
/// free when it restarts, and below those of Kubernetes.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 10_000;

/// The input of a server's plan.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// The environment in which the builder runs.
    pub surroundings: Surroundings<'a>,
    /// Whether the builder, and so the peer, runs in a container.
    pub is_contained: bool,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// The image of the package.
    pub image: &'a Image,
    /// The package ID.
    pub package_id: &'a str,
    /// Distinguishes this build from others.
    pub run: &'a str,
}

/// One container, and the ways to dial it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerPlan {
    /// The container.
    pub container: Plan,
    /// The name that a peer in the same network dials.
    pub alias: String,
    is_peer_contained: bool,
    certificates: Option<Certificates>,
}

/// How a peer reaches the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the container's name in these networks.
    Alias(Vec<String>),
    /// By a port on the host's loopback; the container is in these networks.
    Published(Vec<String>),
}

impl<'a> Server<'a> {
    /// Returns the name of the container.
    pub fn name(&self) -> Result<String, Failure> {
        self.container().name(self.package_id, Role::Server)
    }

    /// Returns the names by which the peer may reach the server.
    pub fn hosts(&self) -> Result<Vec<String>, Failure> {
        Ok(vec![self.alias()?, LOOPBACK.to_owned()])
    }

    /// Makes the plan; `certificates` is [`None`] without TLS.
    pub fn plan(
        &self,
        subject: &Subject<'_>,
        certificates: Option<Certificates>,
    ) -> Result<ServerPlan, Failure> {
        let environment = server::environment(self.image, self.package_id);
        let set = settings_for(self.settings, subject).environment;
        if let Some((name, _)) = environment.iter().find(|(name, _)| set.contains_key(*name)) {
            let reason = format!("launch.yaml: the environment may not set {name}");
            return Err(Failure::new(ExitCode::Settings, reason)
                .with_hint("the launcher sets it, from the package and image.json"));
        }
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let file = |(name, content): (&str, String)| File {
            path: Path::new(FOLDER).join(name),
            content: content.into_bytes(),
            mode: MODE,
        };
        let files = certificates.iter().flat_map(Certificates::files).map(file).collect();
        let mut container = self.container().plan(subject, self.run, (environment, files))?;
        container.labels.insert(WORKLOAD.to_owned(), container.name.clone());
        let mspid = self.container().mspid();
        if !mspid.is_empty() {
            container.labels.insert(MSPID.to_owned(), mspid);
        }
        Ok(ServerPlan { container, alias: self.alias()?, is_peer_contained: self.is_contained, certificates })
    }

    fn container(&self) -> Container<'a> {
        Container { surroundings: self.surroundings, settings: self.settings, image: self.image }
    }

    fn alias(&self) -> Result<String, Failure> {
        let identity = Identity {
            prefix: PREFIX,
            peer_id: &self.container().peer_id()?,
            peer_address: "",
            mspid: &self.container().mspid(),
            chaincode_id: self.package_id,
        };
        let digits: String = self.run.chars().take(DIGITS).collect();
        Ok(format!("{}-{digits}", identity.object()))
    }
}

impl ServerPlan {
    /// Decides how the peer reaches the container in the networks of the plan; `knows_peer` tells whether they are those of
    /// the peer's own container.
    pub fn way(&self, networks: &[String], knows_peer: bool) -> Result<Way, Failure> {
        if networks.iter().any(|network| network == HOST) {
            return self.published_in(&[DEFAULT.to_owned()]);
        }
        if !self.is_peer_contained && !knows_peer {
            return self.published_in(networks);
        }
        let is_named = |network: &&String| !NAMELESS.contains(&network.as_str());
        let named: Vec<_> = networks.iter().filter(is_named).cloned().collect();
        if named.is_empty() {
            let reason = format!(
                "the peer runs in a container, and the network {} of the engine has no names by which it could dial another one",
                networks.join(", ")
            );
            return Err(Failure::new(ExitCode::Settings, reason).with_hint(
                "start the peer in a network of docker network create; if the engine does not know the peer's container, set docker.network in launch.yaml",
            ));
        }
        Ok(Way::Alias(named))
    }

    fn published_in(&self, networks: &[String]) -> Result<Way, Failure> {
        let Some(engine) = self.container.engine.endpoints.iter().find(|endpoint| endpoint.is_elsewhere())
        else {
            return Ok(Way::Published(networks.to_vec()));
        };
        let reason = format!(
            "the peer would dial a port of its own host, and the engine at {engine} publishes ports on the host where it runs"
        );
        Err(Failure::new(ExitCode::Settings, reason).with_hint(
            "use the engine of the peer's host, or run the peer in a container of this engine; tcp://127.0.0.1:PORT reaches one that listens on the same host",
        ))
    }

    /// Returns the address in the container's networks.
    #[must_use]
    pub fn address_of_alias(&self) -> String {
        format!("{}:{}", self.alias, self.container.image.port)
    }

    /// Returns ports of the host, with their addresses, in the order in which the builder tries them. The first one depends only on
    /// the name.
    pub fn published(&self) -> impl Iterator<Item = (u16, String)> + use<> {
        let hash = fnv_1a(self.container.name.bytes()) % u64::from(PORTS);
        let begin = u16::try_from(hash).unwrap_or_default();
        (0..PORTS).map(move |more| {
            let port = FIRST_PORT + (begin + more) % PORTS;
            (port, format!("{LOOPBACK}:{port}"))
        })
    }

    /// Returns the container for an address that the peer dials.
    #[must_use]
    pub fn container_at(&self, address: &str) -> Plan {
        let mut container = self.container.clone();
        container.labels.insert(ADDRESS.to_owned(), address.to_owned());
        container
    }

    /// Returns the connection.json with which the peer dials an address; it contains a key.
    #[must_use]
    pub fn connection(&self, address: &str) -> Connection {
        server::connection(&self.container.image, self.certificates.as_ref(), address.to_owned())
    }

    /// Returns the part of the container that depends only on the settings, not on certificates or the dialed address.
    #[must_use]
    pub fn settings_alone(&self) -> String {
        let Plan { name, image, environment, network, host_config, .. } = &self.container;
        // The ID of the peer's own container changes whenever the container is created.
        let (Network::Named(network) | Network::OfPeer { otherwise: network, .. }) = network;
        json!({
            "name": name,
            "image": image.reference(),
            "environment": environment,
            "network": network,
            "host_config": host_config,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests;
