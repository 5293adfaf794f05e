//! The chaincode containers of an engine, by their labels.

use std::collections::{BTreeMap, HashMap};

use bollard::models::ContainerSummary;
use bollard::query_parameters::ListContainersOptionsBuilder;
use ccs_launch::docker::{ADDRESS, MSPID, PACKAGE, PEER, ROLE, RUN, WORKLOAD};
use ccs_launch::{ExitCode, Failure};

use crate::answers;
use crate::connect::Engine;
use crate::refusal::Refusal;

/// A container that a launch or a build has created, running or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Its ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The package ID.
    pub package: String,
    /// The ID of the peer.
    pub peer: String,
    /// For a server: the MSP ID of the peer; empty if the peer does not propagate it.
    pub mspid: String,
    /// The role: `client` or `server`.
    pub role: String,
    /// For a server: the usual name of its container, which launch.json contains.
    pub workload: Option<String>,
    /// For a server: the address that its peer dials.
    pub address: Option<String>,
    /// The launch or build that has created it.
    pub run: String,
    /// The image, as the engine names it.
    pub image: String,
    /// Its state, as the engine names it, such as `running`.
    pub state: String,
    /// Its state for people, such as `Up 2 hours`.
    pub status: String,
    /// When it was created, in seconds since 1970.
    pub created: i64,
}

/// Lists the containers with a label, and optionally with a certain value of it.
pub(crate) async fn list(
    engine: &Engine,
    label: &str,
    value: Option<&str>,
) -> Result<Vec<Workload>, Failure> {
    let label = value.map_or_else(|| label.to_owned(), |value| format!("{label}={value}"));
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let found = answers::list(engine, options).await.map_err(|error| {
        Refusal::of(&error).failure(
            "list the containers of chaincode",
            ExitCode::NotReady,
            "try docker ps --all --filter label=fabric-ccs/run",
        )
    })?;
    Ok(found.into_iter().map(Workload::of).collect())
}

impl Workload {
    /// Tells whether a container with these labels is one of the same peer.
    pub(crate) fn is_of_peer(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = |name: &str| labels.get(name).map_or("", String::as_str);
        (self.peer.as_str(), self.mspid.as_str()) == (label(PEER), label(MSPID))
    }

    fn of(found: ContainerSummary) -> Self {
        let mut labels = found.labels.unwrap_or_default();
        let mut label = |name: &str| labels.remove(name);
        let name = found.names.into_iter().flatten().next().unwrap_or_default();
        Self {
            id: found.id.unwrap_or_default(),
            name: name.trim_start_matches('/').to_owned(),
            package: label(PACKAGE).unwrap_or_default(),
            peer: label(PEER).unwrap_or_default(),
            mspid: label(MSPID).unwrap_or_default(),
            role: label(ROLE).unwrap_or_default(),
            workload: label(WORKLOAD),
            address: label(ADDRESS),
            run: label(RUN).unwrap_or_default(),
            image: found.image.unwrap_or_default(),
            state: found.state.map(|state| state.to_string()).unwrap_or_default(),
            status: found.status.unwrap_or_default(),
            created: found.created.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_of_another_organization_with_the_same_id_is_another_peer() {
        let labels = |mspid: &str| -> HashMap<String, String> {
            let labels = [(PEER, "peer0"), (MSPID, mspid)];
            labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        };
        let found = ContainerSummary { labels: Some(labels("Org1MSP")), ..ContainerSummary::default() };
        let found = Workload::of(found);
        assert_eq!(found.mspid, "Org1MSP");
        let is_of = |mspid: &str| found.is_of_peer(&labels(mspid).into_iter().collect());
        assert_eq!(["Org1MSP", "Org2MSP", ""].map(is_of), [true, false, false]);
        assert!(!found.is_of_peer(&BTreeMap::from([(MSPID.to_owned(), "Org1MSP".to_owned())])));
    }
}
