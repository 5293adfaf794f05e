//! Reasons in a pod: of its containers, of the pod itself, and of its scheduling.

use ccs_launch::ExitCode;
use ccs_launch::kubernetes::CONTAINER;
use serde_json::Value;

use super::{Grace, Row, Trouble, condition, items, name, said, text};

/// Why the container of the chaincode does not start.
const WAITING: &[Row] = &[
    Row {
        reasons: &["InvalidImageName", "ErrImageNeverPull", "SignatureValidationFailed"],
        says: &[],
        grace: Grace::None,
        code: ExitCode::Image,
        hint: "check name and digest in image.json, and that the nodes have or may pull the image",
    },
    Row {
        reasons: &["ErrImagePull", "ImagePullBackOff"],
        says: &["not found", "manifest unknown", "unauthorized", "denied", "no match for platform"],
        grace: Grace::None,
        code: ExitCode::Image,
        hint: "check the digest in image.json, the credentials of the service account, and the architecture of the image",
    },
    Row {
        reasons: &["ErrImagePull", "ImagePullBackOff", "RegistryUnavailable", "ImageInspectError"],
        says: &[],
        grace: Grace::seconds(60),
        code: ExitCode::Image,
        hint: "check that the nodes reach the registry, and name and digest in image.json",
    },
    Row {
        reasons: &["CreateContainerConfigError"],
        says: &["run as root", "non-numeric user", "runAsNonRoot"],
        grace: Grace::None,
        code: ExitCode::Policy,
        hint: "set securityContext.runAsUser by an overlay, or let the image name a numeric user",
    },
    Row {
        reasons: &["CreateContainerConfigError"],
        says: &[],
        grace: Grace::seconds(15),
        code: ExitCode::Settings,
        hint: "check the Secrets and ConfigMaps that overlays name",
    },
    Row {
        reasons: &["CreateContainerError", "RunContainerError", "PostStartHookError"],
        says: &[
            "executable file not found",
            "exec format error",
            "no such file or directory",
            "permission denied",
        ],
        grace: Grace::None,
        code: ExitCode::Image,
        hint: START,
    },
    Row {
        reasons: &["CreateContainerError", "RunContainerError", "PostStartHookError"],
        says: &[],
        grace: Grace::seconds(15),
        code: ExitCode::Image,
        hint: START,
    },
];

const START: &str = "check the command of the image and its architecture";

/// Why a container that was started did not run.
const NOT_STARTED: [&str; 2] = ["StartError", "ContainerCannotRun"];

/// Why a pod has failed without a failure of its chaincode.
const STOPPED: &[&str] = &[
    "Evicted",
    "Preempting",
    "NodeAffinity",
    "UnexpectedAdmissionError",
    "OutOfcpu",
    "OutOfmemory",
    "Terminated",
    "NodeLost",
    "Shutdown",
];

/// Returns the states of all containers, with their names.
fn states(pod: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let of = |list: &str| items(&pod["status"][list]).map(|status| (text(status, "name"), &status["state"]));
    of("initContainerStatuses").chain(of("containerStatuses"))
}

/// Tells whether the chaincode runs.
pub(super) fn is_running(pod: &Value) -> bool {
    items(&pod["status"]["containerStatuses"]).any(|status| {
        text(status, "name") == CONTAINER
            && status["ready"] == true
            && status["state"].get("running").is_some()
    })
}

/// Tells why the pod has ended, if it has.
pub(super) fn ended(pod: &Value) -> Option<Trouble> {
    stopped(pod).or_else(|| deleted(pod)).or_else(|| terminated(pod)).or_else(|| failed(pod))
}

/// Returns the reason why the pod was stopped, if the cluster or a person stopped it.
fn stopped(pod: &Value) -> Option<Trouble> {
    let status = &pod["status"];
    let reason = text(status, "reason");
    let (reason, message) = if text(status, "phase") == "Failed" && STOPPED.contains(&reason) {
        (reason, text(status, "message"))
    } else {
        let target = condition(pod, "DisruptionTarget")?;
        (text(target, "reason"), text(target, "message"))
    };
    Some(Trouble {
        code: ExitCode::Stopped,
        kind: "stopped",
        grace: Grace::None,
        reason: said(&format!("pod {}", name(pod)), reason, message),
        hint: "the next transaction starts the chaincode again".to_owned(),
        ran: false,
    })
}

/// Reports that the pod is being deleted; the exit statuses of its containers then have no meaning.
fn deleted(pod: &Value) -> Option<Trouble> {
    pod["metadata"].get("deletionTimestamp").map(|_| Trouble {
        code: ExitCode::Stopped,
        kind: "deleted",
        grace: Grace::None,
        reason: format!("pod {} was deleted", name(pod)),
        hint: "the next transaction starts the chaincode again".to_owned(),
        ran: false,
    })
}

/// Reports how the chaincode, or an init container, ended.
fn terminated(pod: &Value) -> Option<Trouble> {
    let (container, end) = states(pod).find_map(|(container, state)| {
        let end = state.get("terminated")?;
        let first =
            items(&pod["status"]["initContainerStatuses"]).any(|status| text(status, "name") == container);
        let counts = if first { end["exitCode"] != 0 } else { container == CONTAINER };
        counts.then_some((container, end))
    })?;
    let reason = text(end, "reason");
    let status = end["exitCode"].as_i64().unwrap_or_default();
    let about = format!("pod {}: container {container} ended with exit status {status}", name(pod));
    let (code, hint) = match reason {
        _ if NOT_STARTED.contains(&reason) => (ExitCode::Image, START),
        "OOMKilled" => (ExitCode::Ended, "raise resources.limits.memory by an overlay"),
        "Completed" => (
            ExitCode::Ended,
            "a chaincode must run until the peer stops it; this one ended by itself, or it is built for the role server",
        ),
        _ => (ExitCode::Ended, "its last lines are above, if the builder may read them"),
    };
    Some(Trouble {
        code,
        kind: "terminated",
        grace: Grace::None,
        reason: said(&about, reason, text(end, "message")),
        hint: hint.to_owned(),
        ran: true,
    })
}

/// How often chaincode that Kubernetes restarts may end before it is ready.
const ENDS: u64 = 3;

/// Reports chaincode that Kubernetes restarts, if it has ended too often or could not be started.
pub(super) fn crashed(pod: &Value) -> Option<Trouble> {
    let status =
        items(&pod["status"]["containerStatuses"]).find(|status| text(status, "name") == CONTAINER)?;
    let restarts = status["restartCount"].as_u64().unwrap_or_default();
    // While it is running again, it may become ready.
    let runs = status["state"].get("running").is_some();
    let ends = if runs { restarts } else { restarts + 1 };
    let last = ["state", "lastState"].map(|place| status[place].get("terminated"));
    let end = last.into_iter().flatten().next()?;
    let reason = text(end, "reason");
    let is_started = runs || !NOT_STARTED.contains(&reason);
    if is_started && ends < ENDS {
        return None;
    }
    let how_often = if ends < ENDS { "ended".to_owned() } else { format!("ended {ends} times, last") };
    let exit = end["exitCode"].as_i64().unwrap_or_default();
    let about = format!("pod {}: container {CONTAINER} {how_often} with exit status {exit}", name(pod));
    let (code, hint) = if NOT_STARTED.contains(&reason) {
        (ExitCode::Image, START)
    } else if reason == "OOMKilled" {
        (ExitCode::Ended, "raise resources.limits.memory by an overlay")
    } else {
        (
            ExitCode::Ended,
            "its last lines are above; its role is server, so it must listen and wait for the peer",
        )
    };
    Some(Trouble {
        code,
        kind: "crashed",
        grace: Grace::None,
        reason: said(&about, reason, text(end, "message")),
        hint: hint.to_owned(),
        ran: true,
    })
}

/// Reports that the pod has failed, if no container has the reason.
fn failed(pod: &Value) -> Option<Trouble> {
    let status = &pod["status"];
    (text(status, "phase") == "Failed").then(|| Trouble {
        code: ExitCode::Ended,
        kind: "failed",
        grace: Grace::None,
        reason: said(&format!("pod {}", name(pod)), text(status, "reason"), text(status, "message")),
        hint: "kubectl describe pod shows more".to_owned(),
        ran: true,
    })
}

/// Reports why the pod does not run yet, if there is a problem.
pub(super) fn waiting(pod: &Value, events: &[Value]) -> Option<Trouble> {
    let container = states(pod).find_map(|(container, state)| {
        let waiting = state.get("waiting")?;
        let (reason, message) = (text(waiting, "reason"), text(waiting, "message"));
        let row = WAITING.iter().find(|row| row.fits(reason, message))?;
        Some(row.trouble(&format!("pod {}: container {container}", name(pod)), reason, message))
    });
    container.or_else(|| unscheduled(pod, events))
}

/// Reports why no node accepts the pod.
fn unscheduled(pod: &Value, events: &[Value]) -> Option<Trouble> {
    let place = items(&pod["status"]["conditions"]).find(|condition| {
        text(condition, "type") == "PodScheduled" && text(condition, "status") == "False"
    })?;
    let happened = |reason: &str| events.iter().any(|event| text(event, "reason") == reason);
    let (kind, grace) = match text(place, "reason") {
        "SchedulingGated" => ("gated", Grace::UntilTimeout),
        // A cluster may need minutes to add a node.
        _ if happened("TriggeredScaleUp") => ("unschedulable", Grace::UntilTimeout),
        _ if happened("NotTriggerScaleUp") => ("unschedulable", Grace::None),
        _ => ("unschedulable", Grace::seconds(60)),
    };
    Some(Trouble {
        code: ExitCode::NotScheduled,
        kind,
        grace,
        reason: said(&format!("pod {}", name(pod)), text(place, "reason"), text(place, "message")),
        hint: "compare resources, nodeSelector and tolerations with the nodes: kubectl describe nodes"
            .to_owned(),
        ran: false,
    })
}

/// Returns the state of the pod in a few words.
pub(super) fn state(pod: &Value) -> String {
    let reason = states(pod).find_map(|(_, state)| Some(text(state.get("waiting")?, "reason")));
    let reason = reason.filter(|reason| !reason.is_empty());
    said(&format!("pod {}", name(pod)), reason.unwrap_or(text(&pod["status"], "phase")), "")
}
