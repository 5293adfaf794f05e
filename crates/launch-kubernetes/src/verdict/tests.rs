//! Tests each row of the tables. The texts are those of a real cluster if it can produce them.

use serde_json::json;

use super::*;

fn pod(status: &Value) -> Value {
    json!({"metadata": {"name": "p", "uid": "u"}, "status": status})
}

fn with_container(state: &Value) -> Value {
    pod(
        &json!({"phase": "Pending", "containerStatuses": [{"name": "chaincode", "ready": false, "state": state}]}),
    )
}

fn waiting_for(reason: &str, message: &str) -> Value {
    with_container(&json!({"waiting": {"reason": reason, "message": message}}))
}

fn event(kind: &str, reason: &str, message: &str) -> Value {
    json!({"reason": reason, "message": message, "involvedObject": {"kind": kind, "name": "o"}})
}

fn job() -> Value {
    json!({"metadata": {"name": "j"}, "status": {"active": 1, "ready": 0}})
}

fn trouble(pod: Option<&Value>, events: &[Value]) -> Trouble {
    let job = job();
    match judge(&Observed { object: Some(&job), object_gone: false, pod, events }) {
        Verdict::Trouble(trouble) => trouble,
        other => panic!("{other:?} of {pod:?} {events:?}"),
    }
}

fn seconds(grace: Grace) -> Option<u64> {
    match grace {
        Grace::None => Some(0),
        Grace::For(time) => Some(time.as_secs()),
        Grace::UntilTimeout => None,
    }
}

#[test]
fn a_container_that_waits_has_a_code_and_a_time() {
    for (reason, message, code, grace) in [
        ("InvalidImageName", "couldn't parse image name: invalid reference format", 44, 0),
        ("ErrImageNeverPull", "Container image \"i\" is not present with pull policy of Never", 44, 0),
        ("SignatureValidationFailed", "", 44, 0),
        ("ErrImagePull", "failed to resolve reference \"r/i@sha256:0\": r/i@sha256:0: not found", 44, 0),
        ("ImagePullBackOff", "Back-off pulling image \"i\": ErrImagePull: manifest unknown", 44, 0),
        ("ErrImagePull", "pull access denied, repository does not exist", 44, 0),
        ("ErrImagePull", "unexpected status: 401 Unauthorized", 44, 0),
        ("ErrImagePull", "no match for platform in manifest: not found", 44, 0),
        ("ErrImagePull", "dial tcp 10.0.0.1:443: i/o timeout", 44, 60),
        ("ImagePullBackOff", "Back-off pulling image \"i\"", 44, 60),
        ("RegistryUnavailable", "", 44, 60),
        ("ImageInspectError", "", 44, 60),
        ("CreateContainerConfigError", "container has runAsNonRoot and image will run as root", 43, 0),
        (
            "CreateContainerConfigError",
            "container has runAsNonRoot and image has non-numeric user (node), cannot verify user is non-root",
            43,
            0,
        ),
        ("CreateContainerConfigError", "secret \"s\" not found", 24, 15),
        ("CreateContainerConfigError", "couldn't find key k in Secret n/s", 24, 15),
        ("CreateContainerError", "failed to reserve container name", 44, 15),
        ("RunContainerError", "exec: \"x\": executable file not found in $PATH: unknown", 44, 0),
        ("RunContainerError", "exec /chaincode: exec format error", 44, 0),
        ("PostStartHookError", "", 44, 15),
    ] {
        let found = trouble(Some(&waiting_for(reason, message)), &[]);
        assert_eq!((found.code.number(), seconds(found.grace)), (code, Some(grace)), "{reason}: {message}");
        assert!(
            found.reason.starts_with(&format!("pod p: container chaincode: {reason}")),
            "{}",
            found.reason
        );
        assert!(!found.hint.is_empty() && !found.ran);
    }
}

#[test]
fn a_container_that_has_ended_is_told_with_its_status() {
    for (reason, status, code, part) in [
        ("StartError", 128, 44, "its architecture"),
        ("ContainerCannotRun", 127, 44, "its architecture"),
        ("OOMKilled", 137, 46, "resources.limits.memory"),
        ("Error", 3, 46, "its last lines"),
        ("Completed", 0, 46, "built for the role server"),
    ] {
        let found = trouble(
            Some(&with_container(&json!({"terminated": {"reason": reason, "exitCode": status}}))),
            &[],
        );
        assert_eq!((found.code.number(), found.grace), (code, Grace::None), "{reason}");
        let expected = format!("pod p: container chaincode ended with exit status {status}: {reason}");
        assert_eq!(found.reason, expected);
        assert!(found.hint.contains(part), "{}", found.hint);
    }
}

#[test]
fn a_pod_that_was_stopped_from_outside_is_started_by_the_next_transaction() {
    for reason in [
        "Evicted",
        "Preempting",
        "NodeAffinity",
        "UnexpectedAdmissionError",
        "OutOfcpu",
        "OutOfmemory",
        "Terminated",
    ] {
        let found = trouble(Some(&pod(&json!({"phase": "Failed", "reason": reason, "message": "m"}))), &[]);
        assert_eq!((found.code.number(), found.reason), (48, format!("pod p: {reason}: m")));
    }
    let target = json!({"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": ""});
    let found = trouble(Some(&pod(&json!({"phase": "Running", "conditions": [target]}))), &[]);
    assert_eq!((found.code.number(), found.reason.as_str()), (48, "pod p: EvictionByEvictionAPI"));
    let mut deleted = with_container(&json!({"terminated": {"reason": "Error", "exitCode": 137}}));
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    assert_eq!(trouble(Some(&deleted), &[]).reason, "pod p was deleted");
}

#[test]
fn a_pod_without_a_node_has_time_as_long_as_the_cluster_may_grow() {
    let unscheduled = |reason: &str| {
        let message = "0/1 nodes are available: 1 Insufficient memory.";
        let condition =
            json!({"type": "PodScheduled", "status": "False", "reason": reason, "message": message});
        pod(&json!({"phase": "Pending", "conditions": [condition]}))
    };
    for (reason, events, grace) in [
        ("Unschedulable", vec![], Some(60)),
        ("Unschedulable", vec![event("Pod", "TriggeredScaleUp", "")], None),
        ("Unschedulable", vec![event("Pod", "NotTriggerScaleUp", "")], Some(0)),
        ("SchedulingGated", vec![], None),
    ] {
        let found = trouble(Some(&unscheduled(reason)), &events);
        assert_eq!((found.code.number(), seconds(found.grace)), (45, grace), "{reason} {events:?}");
        assert_eq!(found.reason, format!("pod p: {reason}: 0/1 nodes are available: 1 Insufficient memory."));
    }
}

#[test]
fn events_tell_why_there_is_no_pod() {
    for (message, code, grace) in [
        (
            "Error creating: pods \"p\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
            43,
            0,
        ),
        (
            "Error creating: pods \"p\" is forbidden: unable to validate against any security context constraint: []",
            43,
            0,
        ),
        (
            "Error creating: pods \"p\" is forbidden: failed quota: q: must specify limits.cpu for: chaincode",
            43,
            0,
        ),
        (
            "Error creating: pods \"p\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0",
            43,
            30,
        ),
        (
            "Error creating: pods \"p\" is forbidden: error looking up service account n/s: serviceaccount \"s\" not found",
            24,
            5,
        ),
        ("Error creating: admission webhook \"w\" denied the request: no", 43, 0),
        ("Error creating: Pod \"p\" is invalid: spec.containers[0].env[0].name: Invalid value", 24, 0),
        ("Error creating: pods \"p\" is forbidden: for another reason", 43, 5),
    ] {
        let found = trouble(None, &[event("Job", "FailedCreate", message)]);
        assert_eq!((found.code.number(), seconds(found.grace)), (code, Some(grace)), "{message}");
        assert_eq!(found.reason, format!("job o: FailedCreate: {message}"));
    }
}

#[test]
fn events_tell_why_a_pod_is_not_prepared() {
    let creating = waiting_for("ContainerCreating", "");
    for (reason, code, grace) in
        [("FailedMount", 47, 30), ("FailedAttachVolume", 47, 30), ("FailedCreatePodSandBox", 47, 60)]
    {
        let found = trouble(Some(&creating), &[event("Pod", reason, "secret \"s\" not found")]);
        assert_eq!((found.code.number(), seconds(found.grace)), (code, Some(grace)), "{reason}");
    }
    let job = job();
    let observed = Observed { object: Some(&job), pod: Some(&creating), ..Observed::default() };
    assert_eq!(judge(&observed), Verdict::Waiting("pod p: ContainerCreating".to_owned()));
}

#[test]
fn without_the_right_to_see_pods_the_job_tells_what_it_knows() {
    let judge = |status: Value| {
        let job = json!({"metadata": {"name": "j"}, "status": status});
        judge(&Observed { object: Some(&job), ..Observed::default() })
    };
    assert_eq!(judge(json!({"active": 1, "ready": 1})), Verdict::Running);
    assert_eq!(
        judge(json!({"active": 1, "ready": 0})),
        Verdict::Waiting("the Job has no pod yet".to_owned())
    );
    for (kind, reason) in [
        ("Failed", "BackoffLimitExceeded"),
        ("FailureTarget", "DeadlineExceeded"),
        ("Complete", "CompletionsReached"),
    ] {
        let condition = json!({"type": kind, "status": "True", "reason": reason, "message": "m"});
        let Verdict::Trouble(found) = judge(json!({"conditions": [condition]})) else { panic!("{kind}") };
        assert_eq!((found.code.number(), found.reason), (46, format!("job j: {reason}: m")));
    }
}

#[test]
fn a_deleted_job_was_stopped_from_outside() {
    let (job, running) = (job(), with_container(&json!({"running": {}})));
    let observed = Observed { object: Some(&job), object_gone: true, pod: Some(&running), events: &[] };
    let Verdict::Trouble(found) = judge(&observed) else { panic!() };
    assert_eq!((found.code.number(), found.reason.as_str()), (48, "the Job was deleted"));
}

#[test]
fn a_running_chaincode_outweighs_events_of_the_past() {
    let status = json!({"phase": "Running", "containerStatuses": [
        {"name": "chaincode", "ready": true, "state": {"running": {}}},
    ]});
    let pod = pod(&status);
    let events = [event("Pod", "FailedMount", "")];
    assert_eq!(
        judge(&Observed { pod: Some(&pod), events: &events, ..Observed::default() }),
        Verdict::Running
    );
}

#[test]
fn a_long_message_is_cut_before_its_cause_and_stays_in_one_line() {
    let message = format!("{}dial tcp: connection refused", "line\n".repeat(400));
    let found = trouble(Some(&waiting_for("InvalidImageName", &message)), &[]);
    assert!(found.reason.chars().count() < 560 && found.reason.contains('…'), "{}", found.reason);
    assert!(found.reason.ends_with("dial tcp: connection refused"), "{}", found.reason);
    assert!(!found.reason.contains('\n'));
}

#[test]
fn trouble_may_last_for_its_time_and_begins_anew_after_it_has_passed() {
    let pulling = |reason: &str| Verdict::Trouble(trouble(Some(&waiting_for(reason, "i/o timeout")), &[]));
    let at = Duration::from_secs;
    let mut patience = Patience::default();
    assert!(!patience.ends(&pulling("ErrImagePull"), at(5)));
    assert!(!patience.ends(&pulling("ImagePullBackOff"), at(64)));
    assert!(!patience.ends(&Verdict::Waiting(String::new()), at(64)));
    assert!(!patience.ends(&pulling("ErrImagePull"), at(66)));
    assert!(!patience.ends(&pulling("ImagePullBackOff"), at(125)));
    assert!(patience.ends(&pulling("ImagePullBackOff"), at(126)));
    assert!(Patience::default().ends(&pulling("InvalidImageName"), at(0)));
}
