//! Reasons that only Events contain: why a pod is not created, and why its volumes or network are missing.

use ccs_launch::ExitCode;
use serde_json::Value;

use super::{Grace, Row, Trouble, text};

/// Why the controllers of Jobs and `ReplicaSet`s cannot create the pod.
const NOT_MADE: &[Row] = &[
    Row {
        reasons: &["FailedCreate"],
        says: &["violates podsecurity", "unable to validate against any security context constraint"],
        grace: Grace::None,
        code: ExitCode::Policy,
        hint: "set kubernetes.security: restricted in launch.yaml, or allow the pod in the namespace",
    },
    Row {
        reasons: &["FailedCreate"],
        says: &["failed quota:"],
        grace: Grace::None,
        code: ExitCode::Policy,
        hint: "set resources of the container chaincode by an overlay in launch.yaml",
    },
    Row {
        reasons: &["FailedCreate"],
        says: &["exceeded quota:"],
        grace: Grace::seconds(30),
        code: ExitCode::Policy,
        hint: "raise the quota of the namespace, or lower the resources of chaincode",
    },
    Row {
        reasons: &["FailedCreate"],
        says: &["error looking up service account"],
        grace: Grace::seconds(5),
        code: ExitCode::Settings,
        hint: "create the service account, or name another one in launch.yaml",
    },
    Row {
        reasons: &["FailedCreate"],
        says: &["admission webhook", "denied the request"],
        grace: Grace::None,
        code: ExitCode::Policy,
        hint: "a webhook of the cluster rejects the pod; change the pod by an overlay in launch.yaml",
    },
    Row {
        reasons: &["FailedCreate"],
        says: &["is invalid:"],
        grace: Grace::None,
        code: ExitCode::Settings,
        hint: "correct the overlay in launch.yaml",
    },
    Row {
        reasons: &["FailedCreate"],
        says: &["is forbidden:"],
        grace: Grace::seconds(5),
        code: ExitCode::Policy,
        hint: "an admission rule of the cluster rejects the pod",
    },
];

/// Why a scheduled pod does not start.
const NOT_PREPARED: &[Row] = &[
    Row {
        reasons: &["FailedMount", "FailedAttachVolume"],
        says: &[],
        grace: Grace::seconds(30),
        code: ExitCode::NotReady,
        hint: "check the volumes that overlays name",
    },
    Row {
        reasons: &["FailedCreatePodSandBox"],
        says: &[],
        grace: Grace::seconds(60),
        code: ExitCode::NotReady,
        hint: "check the network of the node",
    },
];

/// Reads such an Event of a `ReplicaSet` from the condition of its Deployment.
pub(super) fn not_made(about: &str, reason: &str, message: &str) -> Option<Trouble> {
    let row = NOT_MADE.iter().find(|row| row.fits(reason, message))?;
    Some(row.trouble(about, reason, message))
}

/// Finds a problem in Events: of the Job while there is no pod, of the pod afterwards.
pub(super) fn trouble(pod: Option<&Value>, events: &[Value]) -> Option<Trouble> {
    let (rows, kind) = if pod.is_none() { (NOT_MADE, "Job") } else { (NOT_PREPARED, "Pod") };
    events.iter().rev().filter(|event| text(&event["involvedObject"], "kind") == kind).find_map(|event| {
        let (reason, message) = (text(event, "reason"), text(event, "message"));
        let row = rows.iter().find(|row| row.fits(reason, message))?;
        let object = &event["involvedObject"];
        Some(row.trouble(&format!("{} {}", kind.to_lowercase(), text(object, "name")), reason, message))
    })
}
