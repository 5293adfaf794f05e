//! Chaincode in a container of a Docker engine, from an existing image. In the client role, the container is like that of Fabric's own
//! peer; in the server role, the install of a package starts it.
//!
//! ```text
//! variables, launch.yaml ──▶ Engine, HostConfig ─┐
//! image.json ──────────────▶ Image ──────────────┼──▶ Plan: a container
//! chaincode.json ──────────▶ Chaincode ──────────┘
//!
//! as above, Certificates ──▶ ServerPlan: a container, and the ways to dial it
//! ```

mod credentials;
mod engine;
mod host_config;
mod names;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use credentials::{Credentials, registry};
pub use engine::{Endpoint, Engine};
pub use host_config::HostConfig;
pub use names::{ADDRESS, MSPID, PACKAGE, PEER, ROLE, WORKLOAD};
pub use server::{Server, ServerPlan, Way};

use crate::settings::{Docker, Pull, Role, Settings, Subject};
use crate::shim::{self, File};
use crate::{Chaincode, ExitCode, Failure, Image};

/// The label that distinguishes launches of a chaincode.
pub const RUN: &str = "fabric-ccs/run";

/// Where the files of a chaincode are in its container, as Fabric's own peer has them.
const FOLDER: &str = "/etc/hyperledger/fabric";

/// The mode of these files: every user of an image can read them, as with Fabric's own peer (Fabric 3.1 `core/cutil`,
/// `WriteBytesToPackage`). Outside the container only the engine can.
const MODE: u32 = 0o644;

/// The network of the host, the default for the peer's own containers.
const HOST: &str = "host";

/// The default limit for a container to start; a peer waits for five minutes.
const START_TIMEOUT: Duration = Duration::from_mins(3);

/// Variables of the peer's own settings for chaincode, which the peer sets in its containers.
const LOGGING: [&str; 3] =
    ["CORE_CHAINCODE_LOGGING_LEVEL", "CORE_CHAINCODE_LOGGING_SHIM", "CORE_CHAINCODE_LOGGING_FORMAT"];

/// One container, and the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The engine.
    pub engine: Engine,
    /// The name of the container.
    pub name: String,
    /// The side that dials. The engine restarts a server when it ends, but never a client.
    pub role: Role,
    /// Its image.
    pub image: Image,
    /// When the image is pulled.
    pub pull: Pull,
    /// The file with the credentials of registries.
    pub credentials: Option<PathBuf>,
    /// Its environment, in addition to that of the image.
    pub environment: Vec<(String, String)>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its network.
    pub network: Network,
    /// Its limits and privileges.
    pub host_config: HostConfig,
    /// The files that are uploaded before it starts.
    pub files: Vec<File>,
    /// How long it may take to start.
    pub start_timeout: Duration,
}

/// The network of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// The one of this name.
    Named(String),
    /// The networks of the peer's own container, if the engine has a container with this ID; otherwise the one of this name.
    OfPeer {
        /// The ID of the peer's container.
        container: String,
        /// The network of a peer that is not in a container of the engine.
        otherwise: String,
    },
}

/// The environment in which the builder runs.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Returns the value of a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The name of the host, which in a container is its ID, unless the operator has chosen another.
    pub host: Option<&'a str>,
}

/// The input of a plan.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// The environment in which the builder runs.
    pub surroundings: Surroundings<'a>,
    /// The operator's settings.
    pub settings: &'a Settings,
    /// The image of the package.
    pub image: &'a Image,
    /// What the peer says.
    pub chaincode: &'a Chaincode,
}

/// Lays the rules that match over the settings of all containers.
#[must_use]
pub fn settings_for(settings: &Settings, subject: &Subject<'_>) -> Docker {
    settings.rules(subject).fold(settings.docker.clone(), |docker, rule| docker.with(&rule.docker))
}

/// Tells whether some chaincode may have an image without a digest.
#[must_use]
pub fn may_have_tags(settings: &Settings) -> bool {
    let rules = settings.chaincodes.iter().map(|rule| &rule.docker);
    std::iter::once(&settings.docker).chain(rules).any(|docker| docker.allow_tags == Some(true))
}

impl Launch<'_> {
    /// Makes the plan; `run` tells one launch of a chaincode from another.
    pub fn plan(&self, subject: &Subject<'_>, run: &str) -> Result<Plan, Failure> {
        let Launch { surroundings, settings, image, chaincode } = *self;
        if subject.role == Role::Server {
            return Err(Failure::new(
                ExitCode::ImageJson,
                "image.json: role is server, but run launches only clients",
            )
            .with_hint("leave role out, or release a connection.json so that the peer dials"));
        }
        let (certificates, files) = shim::certificates(chaincode, Path::new(FOLDER), MODE);
        let mut environment = shim::environment(chaincode);
        environment.extend(certificates);
        Container { surroundings, settings, image }.plan(subject, run, (environment, files))
    }
}

/// What every container is planned from.
#[derive(Clone, Copy)]
struct Container<'a> {
    surroundings: Surroundings<'a>,
    settings: &'a Settings,
    image: &'a Image,
}

impl Container<'_> {
    /// Returns the name of the container of a package. That of a client is the peer's own, which has no MSP ID.
    fn name(&self, package_id: &str, role: Role) -> Result<String, Failure> {
        let network_id = self.filled("CORE_PEER_NETWORKID").unwrap_or(names::NETWORK.to_owned());
        let mspid = if role == Role::Server { self.mspid() } else { String::new() };
        Ok(names::container(&network_id, &names::peer(&self.peer_id()?, &mspid), package_id))
    }

    fn peer_id(&self) -> Result<String, Failure> {
        self.filled("CORE_PEER_ID").or_else(|| self.settings.peer_id.clone()).ok_or_else(|| {
            Failure::new(ExitCode::Settings, "the ID of the peer, which is part of the name of a container, is not known")
                .with_hint("add CORE_PEER_ID to propagateEnvironment of the builder in core.yaml, or write peer_id into launch.yaml")
        })
    }

    /// Returns the MSP ID of the peer; empty where the peer does not propagate it.
    fn mspid(&self) -> String {
        self.filled("CORE_PEER_LOCALMSPID").unwrap_or_default()
    }

    fn filled(&self, name: &str) -> Option<String> {
        (self.surroundings.variable)(name).filter(|value| !value.is_empty())
    }

    /// Makes the plan of a container with the variables and files of its role.
    fn plan(
        &self,
        subject: &Subject<'_>,
        run: &str,
        (environment_of_role, files): (Vec<(String, String)>, Vec<File>),
    ) -> Result<Plan, Failure> {
        let Container { surroundings, settings, image } = *self;
        let docker = settings_for(settings, subject);
        if image.digest.is_empty() && docker.allow_tags != Some(true) {
            let reason = "image.json: the file must contain 'name' and 'digest'";
            return Err(Failure::new(ExitCode::ImageJson, reason)
                .with_hint("write the digest, or docker: {allow_tags: true} into launch.yaml"));
        }
        let peer_id = self.peer_id()?;
        let mut environment: Vec<_> =
            LOGGING.iter().filter_map(|name| Some(((*name).to_owned(), self.filled(name)?))).collect();
        environment.extend(docker.environment.clone());
        environment.extend(environment_of_role);
        Ok(Plan {
            engine: Engine::choose(&docker, surroundings.variable)?,
            name: self.name(subject.package, subject.role)?,
            role: subject.role,
            image: image.clone(),
            pull: docker.pull.unwrap_or_default(),
            credentials: docker
                .credentials
                .clone()
                .or_else(|| Some(Path::new(&self.filled("DOCKER_CONFIG")?).join("config.json"))),
            environment,
            labels: names::labels(subject, &peer_id, run),
            network: network(&docker, surroundings),
            host_config: HostConfig::choose(&docker, surroundings.variable)?,
            files,
            start_timeout: docker.start_timeout.unwrap_or(START_TIMEOUT),
        })
    }
}

fn network(docker: &Docker, surroundings: Surroundings<'_>) -> Network {
    if let Some(name) = &docker.network {
        return Network::Named(name.clone());
    }
    let named =
        (surroundings.variable)("CORE_VM_DOCKER_HOSTCONFIG_NETWORKMODE").filter(|name| !name.is_empty());
    let otherwise = named.unwrap_or_else(|| HOST.to_owned());
    // Another name may be that of another container.
    let is_id =
        |text: &&str| (12..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match surroundings.host.filter(is_id) {
        Some(container) => Network::OfPeer { container: container.to_owned(), otherwise },
        None => Network::Named(otherwise),
    }
}

#[cfg(test)]
mod tests;
