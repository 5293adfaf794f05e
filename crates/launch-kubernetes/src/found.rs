//! The data of a launch in the metadata of its objects.

use ccs_launch::State;
use ccs_launch::kubernetes::{CONTAINER, WORKLOAD};
use serde_json::Value;

use crate::cluster::Kind;
use crate::stamp::APPLIED;
use crate::verdict::{Observed, Verdict, judge, judge_server};

/// An object that a launch has created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// The common identifier of all objects of one chaincode on one peer.
    pub workload: String,
    /// The package ID.
    pub package_id: String,
    /// The ID of the peer.
    pub peer_id: String,
    /// The MSP ID of the peer; empty if the peer does not propagate it.
    pub mspid: String,
    /// When it was created, as RFC 3339.
    pub created: Option<String>,
    /// When a launch last applied it, as RFC 3339.
    pub applied: Option<String>,
    /// Its state; a Service has none.
    pub state: Option<State>,
    /// Why its chaincode last ended, if it did.
    pub last_end: Option<String>,
}

/// Reads an object with the label of a launch; [`None`] for one without the annotations of a launch.
pub(crate) fn read(kind: Kind, namespace: &str, object: &Value, pods: &[Value]) -> Option<Found> {
    let metadata = &object["metadata"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let annotation = |names: [&str; 2]| names.iter().find_map(|name| text(&metadata["annotations"][name]));
    let pod = pod_of(kind, object, pods);
    Some(Found {
        kind,
        namespace: namespace.to_owned(),
        name: text(&metadata["name"])?,
        uid: text(&metadata["uid"])?,
        workload: text(&metadata["labels"][WORKLOAD])?,
        package_id: annotation(["fabric-ccs/package-id", "fabric-builder-k8s-ccid"])?,
        peer_id: annotation(["fabric-ccs/peer-id", "fabric-builder-k8s-peerid"])?,
        mspid: annotation(["fabric-ccs/mspid", "fabric-builder-k8s-mspid"]).unwrap_or_default(),
        created: text(&metadata["creationTimestamp"]),
        applied: text(&metadata["annotations"][APPLIED]),
        state: state(kind, object, pod),
        last_end: pod.and_then(last_end),
    })
}

/// Returns the newest pod of a workload.
fn pod_of<'p>(kind: Kind, object: &Value, pods: &'p [Value]) -> Option<&'p Value> {
    let (label, value) = match kind {
        Kind::Job => ("job-name", &object["metadata"]["name"]),
        _ => (WORKLOAD, &object["metadata"]["labels"][WORKLOAD]),
    };
    let of_object = |pod: &&Value| pod["metadata"]["labels"][label] == *value;
    let created = |pod: &&Value| pod["metadata"]["creationTimestamp"].as_str().unwrap_or_default().to_owned();
    pods.iter().filter(of_object).max_by_key(created)
}

fn state(kind: Kind, object: &Value, pod: Option<&Value>) -> Option<State> {
    let observed = Observed { object: Some(object), object_gone: false, pod, events: &[] };
    let verdict = match kind {
        Kind::Job => judge(&observed),
        Kind::Deployment => judge_server(&observed),
        Kind::Service | Kind::Secret => return None,
    };
    let is_done = ["succeeded", "failed"]
        .iter()
        .any(|count| object["status"][count].as_u64().is_some_and(|count| count > 0));
    Some(match verdict {
        Verdict::Running => State::Running,
        Verdict::Waiting(state) => State::Starting(state),
        Verdict::Trouble(trouble) if kind == Kind::Job && is_done => State::Ended(trouble.reason),
        Verdict::Trouble(trouble) => State::Failing(trouble.reason),
    })
}

/// Describes how the container of the chaincode ended before its restart.
fn last_end(pod: &Value) -> Option<String> {
    let statuses = pod["status"]["containerStatuses"].as_array()?;
    let status = statuses.iter().find(|status| status["name"] == CONTAINER)?;
    let end = &status["lastState"]["terminated"];
    let code = end["exitCode"].as_i64()?;
    let restarts = status["restartCount"].as_u64().unwrap_or_default();
    let reason = end["reason"].as_str().unwrap_or_default();
    let times = if restarts == 1 { "once".to_owned() } else { format!("{restarts} times") };
    Some(format!("was restarted {times}; it last ended with exit status {code}: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(available: u64) -> Value {
        json!({
            "metadata": {
                "name": "ccs-basic10-x", "uid": "u", "generation": 1, "creationTimestamp": "2026-11-30T04:00:00Z",
                "labels": {WORKLOAD: "ccs-basic10-x"},
                "annotations": {"fabric-ccs/package-id": "basic_1.0:00", "fabric-ccs/peer-id": "peer0",
                    APPLIED: "2026-11-30T05:00:00Z"},
            },
            "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": available},
        })
    }

    fn pod(created: &str, status: &Value) -> Value {
        json!({
            "metadata": {"name": "p", "creationTimestamp": created, "labels": {WORKLOAD: "ccs-basic10-x"}},
            "status": {"phase": "Running", "containerStatuses": [status]},
        })
    }

    #[test]
    fn a_server_says_how_it_is_and_how_it_ended_last() {
        let old = pod("2026-11-30T03:00:00Z", &json!({"name": CONTAINER}));
        let new = pod(
            "2026-11-30T04:00:00Z",
            &json!({
                "name": CONTAINER, "ready": true, "restartCount": 2, "state": {"running": {}},
                "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            }),
        );
        let found = read(Kind::Deployment, "hlf", &deployment(1), &[new, old]).unwrap();
        assert_eq!(found.state, Some(State::Running));
        assert_eq!(
            found.last_end.as_deref(),
            Some("was restarted 2 times; it last ended with exit status 137: OOMKilled")
        );
        assert_eq!((found.package_id.as_str(), found.peer_id.as_str()), ("basic_1.0:00", "peer0"));
        assert_eq!(found.created.as_deref(), Some("2026-11-30T04:00:00Z"));
        assert_eq!(found.applied.as_deref(), Some("2026-11-30T05:00:00Z"));
    }

    #[test]
    fn what_is_wrong_is_told_and_what_no_launch_made_is_left_out() {
        let waiting = json!({"name": CONTAINER, "state": {"waiting": {"reason": "ErrImageNeverPull", "message": "no"}}});
        let pods = [pod("2026-11-30T04:00:00Z", &waiting)];
        let Some(State::Failing(reason)) =
            read(Kind::Deployment, "hlf", &deployment(0), &pods).unwrap().state
        else {
            panic!("it does not fail");
        };
        assert!(reason.contains("ErrImageNeverPull: no"), "{reason}");
        let starting = read(Kind::Deployment, "hlf", &deployment(0), &[]).unwrap().state;
        assert_eq!(starting, Some(State::Starting("the Deployment has no pod yet".to_owned())));
        let mut foreign = deployment(1);
        foreign["metadata"]["annotations"] = json!({});
        assert_eq!(read(Kind::Deployment, "hlf", &foreign, &[]), None);
    }

    #[test]
    fn a_job_that_is_done_has_ended() {
        let job = json!({
            "metadata": {
                "name": "hlfcc-basic10-x-bcdfg", "uid": "u", "labels": {WORKLOAD: "hlfcc-basic10-x"},
                "annotations": {"fabric-builder-k8s-ccid": "basic_1.0:00", "fabric-builder-k8s-peerid": ""},
            },
            "status": {"failed": 1, "conditions": [
                {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "m"},
            ]},
        });
        let found = read(Kind::Job, "hlf", &job, &[]).unwrap();
        let ended = "job hlfcc-basic10-x-bcdfg: BackoffLimitExceeded: m".to_owned();
        assert_eq!(found.state, Some(State::Ended(ended)));
        assert_eq!(found.peer_id, "");
    }
}
