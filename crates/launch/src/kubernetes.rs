//! Chaincode on Kubernetes, and the operator's overlays on its pod. In the client role, the objects are those of
//! fabric-builder-k8s; in the server role, the install of a package creates them.
//!
//! ```text
//! variables, launch.yaml ──▶ Target ─┐
//! image.json ──────────────▶ Image ──┼──▶ Plan: a Secret and a Job, as JSON
//! chaincode.json ──────────▶ Chaincode ┘
//!
//! Target, Image, Certificates ──▶ ServerPlan: a Secret, a Service and a Deployment
//! ```

mod merge;
mod network;
mod objects;
mod overlay;
mod pod;
mod rights;
mod server;
mod target;

use serde_json::{Value, json};

pub use crate::identity::Identity;
pub use network::network_policies;
pub use objects::MANAGER;
pub use pod::{CONTAINER, WORKLOAD};
pub use rights::{Feature, RIGHTS, Right, SERVER_RIGHTS, UPKEEP_RIGHTS, all_rights, role};
pub use server::{CHECKSUM, MANAGER as SERVER_MANAGER, Plan as ServerPlan, SETTINGS, Server};
pub use target::{Surroundings, Target};

use crate::settings::{Role, Settings, Subject};
use crate::{Chaincode, ExitCode, Failure, Image};
use objects::Parts;

/// The objects of one launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The namespace of all objects.
    pub namespace: String,
    /// The name of the Secret, with which the names of all Jobs of this chaincode on this peer begin.
    pub object: String,
    /// The Secret, which contains a key.
    pub secret: Value,
    /// The Job.
    pub job: Value,
}

/// The input of a plan.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// Where and how the chaincode runs.
    pub target: &'a Target,
    /// The operator's rules.
    pub settings: &'a Settings,
    /// The image of the package.
    pub image: &'a Image,
    /// The data from the peer.
    pub chaincode: &'a Chaincode,
}

impl Launch<'_> {
    /// Makes the plan; the suffix distinguishes the Jobs of a chaincode.
    pub fn plan(&self, subject: &Subject<'_>, suffix: &str) -> Result<Plan, Failure> {
        if subject.role == Role::Server {
            return Err(Failure::new(
                ExitCode::ImageJson,
                "image.json: role is server, but run launches only clients",
            )
            .with_hint("leave role out, or release a connection.json so that the peer dials"));
        }
        let chaincode = self.chaincode;
        let identity = Identity {
            prefix: &self.target.prefix,
            peer_id: &self.target.peer_id,
            peer_address: &chaincode.peer_address,
            mspid: &chaincode.mspid,
            chaincode_id: &chaincode.chaincode_id,
        };
        let parts = Parts { target: self.target, image: self.image, chaincode, identity };
        let mut template = parts.template();
        let overlays = self.settings.overlays(subject);
        overlay::apply(&mut template, overlays, &parts.reserved())?;
        let object = identity.object();
        Ok(Plan {
            namespace: self.target.namespace.clone(),
            secret: parts.secret(),
            job: parts.job(&format!("{object}-{suffix}"), &template),
            object,
        })
    }
}

impl Plan {
    /// Returns the name of the Job.
    #[must_use]
    pub fn job_name(&self) -> &str {
        self.job["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// Returns the Secret with the Job as its owner, so that Kubernetes deletes both together.
    #[must_use]
    pub fn secret_of(&self, job: &str, uid: &str) -> Value {
        let mut secret = self.secret.clone();
        secret["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": uid}]);
        secret
    }

    /// Returns the Job with the peer's pod as its owner, because no program stops the Job after the peer is gone.
    #[must_use]
    pub fn job_of(&self, pod: &str, uid: &str) -> Value {
        let mut job = self.job.clone();
        job["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "v1", "kind": "Pod", "name": pod, "uid": uid}]);
        job
    }

    /// Tells whether a Job is an older one of the same chaincode on the same peer, including those of fabric-builder-k8s.
    #[must_use]
    pub fn replaces(&self, job: &str) -> bool {
        let suffix = job.strip_prefix(&self.object).and_then(|rest| rest.strip_prefix('-'));
        job != self.job_name() && suffix.is_some_and(|suffix| suffix.len() == SUFFIX && !suffix.contains('-'))
    }

    /// Returns the label selector for all such Jobs.
    #[must_use]
    pub fn selector(&self) -> String {
        let label = |name: &str| self.job["metadata"]["labels"][name].as_str().unwrap_or_default();
        let names = ["app.kubernetes.io/created-by", "fabric-builder-k8s-cchash"];
        names.map(|name| format!("{name}={}", label(name))).join(",")
    }
}

/// How many characters follow the dash at the end of a Job's name.
pub const SUFFIX: usize = 5;

#[cfg(test)]
mod tests;
