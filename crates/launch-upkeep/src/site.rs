//! The operator's settings of a peer, and the variables that its builder would see.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use ccs_launch::docker::Engine;
use ccs_launch::kubernetes::Target;
use ccs_launch::settings::{Role, Settings, Subject};
use ccs_launch::{ExitCode, Failure};
use ccs_launch_site::{place, surroundings};

/// The settings of a peer's builder, and the variables from the peer.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The file of the settings; [`None`] for the defaults.
    pub file: Option<PathBuf>,
    /// The settings.
    pub settings: Settings,
    /// The ID of the peer, instead of `CORE_PEER_ID`.
    pub peer_id: Option<String>,
    /// The MSP ID of the peer, instead of `CORE_PEER_LOCALMSPID`.
    pub mspid: Option<String>,
    /// The variables that the builder would see; [`None`] for those of this process.
    pub variables: Option<BTreeMap<String, String>>,
}

impl Site {
    /// Reads the settings from the file, or else from the one in `CCS_LAUNCH_CONFIG`.
    pub fn read(
        file: Option<&Path>,
        peer_id: Option<String>,
        mspid: Option<String>,
    ) -> Result<Self, Failure> {
        let file = file.map(Path::to_owned).or_else(surroundings::named);
        let settings = file.as_deref().map(surroundings::read).transpose()?.unwrap_or_default();
        Ok(Self { file, settings, peer_id, mspid, variables: None })
    }

    /// Returns a variable as the builder of the peer would see it.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let given = match name {
            "CORE_PEER_ID" => self.peer_id.clone(),
            "CORE_PEER_LOCALMSPID" => self.mspid.clone(),
            _ => None,
        };
        given.or_else(|| match &self.variables {
            Some(variables) => variables.get(name).cloned(),
            None => env::var(name).ok(),
        })
    }

    /// Returns the MSP ID of the peer; empty if it is unknown.
    #[must_use]
    pub fn mspid(&self) -> String {
        self.variable("CORE_PEER_LOCALMSPID").unwrap_or_default()
    }

    /// Returns the ID of the peer.
    pub fn peer_id(&self) -> Result<String, Failure> {
        let variable = self.variable("CORE_PEER_ID").filter(|id| !id.is_empty());
        variable.or_else(|| self.settings.peer_id.clone()).ok_or_else(|| {
            Failure::new(ExitCode::Settings, "the ID of the peer is not known")
                .with_hint("add --peer-id, set CORE_PEER_ID, or write peer_id into launch.yaml")
        })
    }

    /// Returns how to reach the cluster, and the default namespace of chaincode; the peer need not be known.
    pub fn cluster(&self) -> Result<Target, Failure> {
        let anyone = Subject { package: "", chaincode_type: "", role: Role::Server };
        place::target_with(&self.settings, &anyone, &|name| {
            self.variable(name).or_else(|| (name == "CORE_PEER_ID").then(String::new))
        })
    }

    /// Returns the Docker engine.
    pub fn engine(&self) -> Result<Engine, Failure> {
        Engine::choose(&self.settings.docker, &|name| self.variable(name))
    }

    /// Returns the settings of a chaincode on Kubernetes.
    pub fn target(&self, subject: &Subject<'_>) -> Result<Target, Failure> {
        place::target_with(&self.settings, subject, &|name| self.variable(name))
    }
}
