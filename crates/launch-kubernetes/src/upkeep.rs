//! Calls with which `ccs launch` reads and changes a cluster.

use ccs_launch::Failure;
use ccs_launch::kubernetes::{Right, SERVER_MANAGER, Target, WORKLOAD};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::cluster::{Cluster, Kind, Version};
use crate::found::{self, Found};
use crate::tries::patiently;

/// The pods of both roles.
const PODS: &str = "app.kubernetes.io/component=chaincode";

/// A cluster, for `ccs launch`.
pub struct Upkeep {
    runtime: Runtime,
    cluster: Cluster,
}

/// The objects of launches in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The objects.
    pub found: Vec<Found>,
    /// The kinds that the account may not list.
    pub unlisted: Vec<Kind>,
    /// The objects that could not be read.
    pub warnings: Vec<String>,
}

/// The existing objects of a chaincode that the peer dials.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Live {
    /// The Deployment.
    pub deployment: Option<Value>,
    /// Whether the Service exists; unknown without the right to get it.
    pub service: Option<bool>,
    /// Whether the Secret exists; unknown without the right to get it.
    pub secret: Option<bool>,
    /// The objects that could not be read.
    pub warnings: Vec<String>,
}

impl Upkeep {
    /// Creates a client with the kubeconfig, or else with the service account of the pod.
    pub fn new(target: &Target) -> Result<Self, Failure> {
        let runtime = crate::runtime()?;
        let cluster = runtime.block_on(Cluster::new(target))?;
        Ok(Self { runtime, cluster })
    }

    /// Returns the version of the API server.
    pub fn version(&self) -> Result<String, Failure> {
        self.runtime.block_on(self.cluster.version()).map_err(|refusal| refusal.failure)
    }

    /// Returns the verbs of a right that this client does not have in a namespace.
    pub fn missing(&self, namespace: &str, right: &Right) -> Result<Vec<&'static str>, Failure> {
        let cluster = self.cluster.namespace(namespace);
        let asked = async {
            let mut missing = Vec::new();
            for verb in right.verbs {
                if !cluster.may(right, verb).await? {
                    missing.push(*verb);
                }
            }
            Ok(missing)
        };
        self.runtime.block_on(asked).map_err(|refusal: crate::refusal::Refusal| refusal.failure)
    }

    /// Lists the objects of launches in a namespace: Jobs, Deployments and Services.
    pub fn find(&self, namespace: &str) -> Result<Listed, Failure> {
        let cluster = self.cluster.namespace(namespace);
        self.runtime.block_on(async {
            let mut listed = Listed::default();
            let pods = cluster.list_pods(PODS).await.unwrap_or_else(|refusal| {
                listed.warnings.push(refusal.complaint());
                Vec::new()
            });
            for kind in [Kind::Deployment, Kind::Job, Kind::Service] {
                match cluster.list(kind, WORKLOAD).await {
                    Ok(objects) => listed.found.extend(
                        objects.iter().filter_map(|object| found::read(kind, namespace, object, &pods)),
                    ),
                    Err(refusal) if refusal.right.is_some() => {
                        listed.unlisted.push(kind);
                        listed.warnings.push(refusal.complaint());
                    }
                    Err(refusal) => return Err(refusal.failure),
                }
            }
            Ok(listed)
        })
    }

    /// Reads the objects of a chaincode that the peer dials.
    pub fn look(&self, namespace: &str, object: &str, secret: Option<&str>) -> Result<Live, Failure> {
        let cluster = self.cluster.namespace(namespace);
        self.runtime.block_on(async {
            let mut live = Live {
                deployment: patiently(|| cluster.get(Kind::Deployment, object)).await?,
                ..Live::default()
            };
            let places = [(Kind::Service, Some(object)), (Kind::Secret, secret)];
            for (kind, name) in places.into_iter().filter_map(|(kind, name)| Some((kind, name?))) {
                let is_there = match cluster.metadata(kind, name).await {
                    Ok(found) => Some(found.is_some()),
                    Err(refusal) if refusal.right.is_some() => {
                        live.warnings.push(refusal.warning());
                        None
                    }
                    Err(refusal) => return Err(refusal.failure),
                };
                *(if kind == Kind::Service { &mut live.service } else { &mut live.secret }) = is_there;
            }
            Ok(live)
        })
    }

    /// Returns the UID of the Secret of a workload, if it exists and a launch has created it, or why the account may not get it.
    pub fn secret(&self, namespace: &str, name: &str) -> Result<Result<Option<String>, String>, Failure> {
        let cluster = self.cluster.namespace(namespace);
        let found = match self.runtime.block_on(cluster.metadata(Kind::Secret, name)) {
            Ok(found) => found,
            Err(refusal) if refusal.right.is_some() => return Ok(Err(refusal.complaint())),
            Err(refusal) => return Err(refusal.failure),
        };
        let ours = found.filter(|metadata| metadata["labels"][WORKLOAD].is_string());
        Ok(Ok(ours.and_then(|metadata| metadata["uid"].as_str().map(str::to_owned))))
    }

    /// Replaces the Secret of a chaincode that the peer dials; running pods keep the old content.
    pub fn apply_secret(&self, namespace: &str, secret: &Value) -> Result<(), Failure> {
        let cluster = self.cluster.namespace(namespace);
        let applied = patiently(|| cluster.apply(Kind::Secret, secret, SERVER_MANAGER));
        Ok(self.runtime.block_on(applied).map(drop)?)
    }

    /// Deletes the object with this UID, but not another one with the same name.
    pub fn delete(&self, namespace: &str, kind: Kind, name: &str, uid: &str) -> Result<(), Failure> {
        let cluster = self.cluster.namespace(namespace);
        let version = Version::of_uid(uid);
        Ok(self.runtime.block_on(patiently(|| cluster.delete(kind, name, &version)))?)
    }
}
