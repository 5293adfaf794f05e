//! The networks of a container.

use bollard::models::NetworkConnectRequest;
use ccs_launch::docker::Network;
use ccs_launch::{ExitCode, Failure};

use crate::body;
use crate::connect::Engine;
use crate::container::look_up;
use crate::refusal::Refusal;

/// The networks of a container.
pub(crate) struct Networks {
    /// Their names; the container is created in the first one.
    pub(crate) names: Vec<String>,
    /// Whether they are those of the peer's own container.
    pub(crate) knows_peer: bool,
}

/// Finds the networks of a container.
pub(crate) async fn find(engine: &Engine, network: &Network) -> Result<Networks, Failure> {
    let one = |name: &String| Ok(Networks { names: vec![name.clone()], knows_peer: false });
    let (container, otherwise) = match network {
        Network::Named(name) => return one(name),
        Network::OfPeer { container, otherwise } => (container, otherwise),
    };
    match look_up(engine, container).await {
        Ok(peer) => {
            let networks = peer.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
            let mut names: Vec<_> = networks.into_keys().collect();
            names.sort();
            if names.is_empty() {
                names.push(otherwise.clone());
            }
            Ok(Networks { names, knows_peer: true })
        }
        Err(refusal) if refusal.is_missing() => one(otherwise),
        Err(refusal) => Err(refusal.failure(
            "look for the container of the peer",
            ExitCode::Settings,
            "set docker.network in launch.yaml instead",
        )),
    }
}

/// Connects a container to a further network, with its own name there.
pub(crate) async fn connect(
    engine: &Engine,
    id: &str,
    network: &str,
    alias: Option<&str>,
) -> Result<(), Failure> {
    let request =
        NetworkConnectRequest { container: id.to_owned(), endpoint_config: Some(body::endpoint(alias)) };
    engine.docker.connect_network(network, request).await.map_err(|error| {
        Refusal::of(&error).failure(
            &format!("connect the container to the network {network} of the peer"),
            ExitCode::Settings,
            "set docker.network in launch.yaml to use another network than those of the peer",
        )
    })
}
