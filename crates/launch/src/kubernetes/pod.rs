//! The common parts of the pods of both roles.

use serde_json::{Map, Value, json};

use super::target::Target;
use crate::settings::Security;

/// The container of the chaincode.
pub const CONTAINER: &str = "chaincode";

/// The name of the port on which a server listens.
pub(super) const PORT: &str = "chaincode";

/// The label of all objects that belong to one chaincode of one peer.
pub const WORKLOAD: &str = "fabric-ccs/workload";

/// The label of a node for chaincode, and its taint.
const NODE_ROLE: &str = "fabric-builder-k8s-role";

/// The fields that no overlay may change in the template of one workload, in addition to those of all workloads.
pub(super) struct Reserved {
    /// The labels that the launcher sets.
    pub(super) labels: Map<String, Value>,
    /// The annotations that it sets.
    pub(super) annotations: Map<String, Value>,
    /// The variables of the chaincode.
    pub(super) environment: Value,
    /// The volume with the certificates, and its mount path.
    pub(super) volume: &'static str,
    pub(super) folder: &'static str,
    /// The port on which the chaincode listens.
    pub(super) port: Option<u16>,
}

/// Returns the annotations that the operator sets on every workload.
pub(super) fn of_the_operator(target: &Target) -> Map<String, Value> {
    target.annotations.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect()
}

/// Adds the operator's settings for every pod.
pub(super) fn placed_and_secured(spec: &mut Value, target: &Target) {
    if let Some(role) = &target.node_role {
        spec["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": NODE_ROLE, "operator": "In", "values": [role]}]}],
        }}});
        spec["tolerations"] =
            json!([{"key": NODE_ROLE, "operator": "Equal", "value": role, "effect": "NoSchedule"}]);
    }
    if !target.name_servers.is_empty() {
        spec["dnsPolicy"] = "None".into();
        spec["dnsConfig"] = json!({"nameservers": target.name_servers});
    }
    secured(spec, target.security);
}

/// Adds the fields that a level of `PodSecurity` requires.
fn secured(spec: &mut Value, security: Security) {
    if security == Security::None {
        return;
    }
    spec["automountServiceAccountToken"] = false.into();
    spec["enableServiceLinks"] = false.into();
    spec["securityContext"]["seccompProfile"] = json!({"type": "RuntimeDefault"});
    let mut container = json!({"allowPrivilegeEscalation": false});
    if security == Security::Restricted {
        spec["securityContext"]["runAsNonRoot"] = true.into();
        container["capabilities"] = json!({"drop": ["ALL"]});
        container["readOnlyRootFilesystem"] = true.into();
        add(spec, "volumes", json!({"name": "tmp", "emptyDir": {}}));
        add(&mut spec["containers"][0], "volumeMounts", json!({"name": "tmp", "mountPath": "/tmp"}));
    }
    spec["containers"][0]["securityContext"] = container;
}

fn add(owner: &mut Value, list: &str, item: Value) {
    if let Some(items) = owner[list].as_array_mut() {
        items.push(item);
    }
}
