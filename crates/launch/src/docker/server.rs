//! Chaincode that waits for the peer to dial: a container which the install of a package starts and leaves running.
//!
//! | The peer | The container | The peer dials |
//! | --- | --- | --- |
//! | in a container with a network of its own | in the networks of the peer, or that of the settings | a name that the engine finds in these networks |
//! | on the host, or in its network | in the network of the settings, or that of the engine | a port of the host's loopback |
//!
//! Name and port are new for each build that finds an older container, so that both can run until the new one is ready.

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

/// What the name that the peer dials begins with.
const PREFIX: &str = "ccs";

/// How many digits of the launch end that name.
const DIGITS: usize = 5;

/// Where a port of the host is published: nobody on another host can connect.
const LOOPBACK: &str = "127.0.0.1";

/// The network that an engine gives a container when nothing else is set.
const DEFAULT: &str = "bridge";

/// Networks of an engine in which it finds no names: those that it has itself.
const NAMELESS: [&str; 4] = [DEFAULT, "default", "podman", "none"];

/// The ports that are published: below those that Linux gives to whoever connects, so that a container which starts again finds its
/// own free, and below those of Kubernetes.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 10_000;

/// What a server is planned from.
#[derive(Clone, Copy)]
pub struct Server<'a> {
    /// What the builder finds around itself.
    pub surroundings: Surroundings<'a>,
    /// Whether the builder, and so the peer, runs in a container.
    pub is_contained: bool,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// The image of the package.
    pub image: &'a Image,
    /// The package ID.
    pub package_id: &'a str,
    /// Tells this build from another one.
    pub run: &'a str,
}

/// One container, and the ways to dial it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerPlan {
    /// The container.
    pub container: Plan,
    /// The name by which a peer dials it that shares a network with it.
    pub alias: String,
    is_peer_contained: bool,
    certificates: Option<Certificates>,
}

/// How a peer reaches the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the container's name in these networks.
    Alias(Vec<String>),
    /// By a port of the host's loopback; the container is in these networks.
    Published(Vec<String>),
}

impl<'a> Server<'a> {
    /// Returns the name of the container.
    pub fn name(&self) -> Result<String, Failure> {
        self.container().name(self.package_id, Role::Server)
    }

    /// Returns the names under which the peer may reach the server.
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
    /// Decides how the peer reaches the container, from the networks that the plan leads to; `knows_peer` tells whether they are
    /// those of the peer's own container.
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
                "start the peer in a network that docker network create has made; docker.network in launch.yaml names it where the engine does not know the peer's container",
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

    /// Returns ports of the host, with their addresses, in the order in which they are tried: the first one depends on the name
    /// alone.
    pub fn published(&self) -> impl Iterator<Item = (u16, String)> + use<> {
        let hash = fnv_1a(self.container.name.bytes()) % u64::from(PORTS);
        let begin = u16::try_from(hash).unwrap_or_default();
        (0..PORTS).map(move |more| {
            let port = FIRST_PORT + (begin + more) % PORTS;
            (port, format!("{LOOPBACK}:{port}"))
        })
    }

    /// Returns the container as it is dialed at an address.
    #[must_use]
    pub fn container_at(&self, address: &str) -> Plan {
        let mut container = self.container.clone();
        container.labels.insert(ADDRESS.to_owned(), address.to_owned());
        container
    }

    /// Returns what the peer reads to dial an address: it holds a key.
    #[must_use]
    pub fn connection(&self, address: &str) -> Connection {
        server::connection(&self.container.image, self.certificates.as_ref(), address.to_owned())
    }

    /// Returns what the settings make of the container, whatever its certificates are and wherever it is dialed.
    #[must_use]
    pub fn settings_alone(&self) -> String {
        let Plan { name, image, environment, network, host_config, .. } = &self.container;
        // The peer's own container is another one each time it is made.
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
