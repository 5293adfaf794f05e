//! Interprets a Deployment and its pod, for chaincode that the peer dials.
//!
//! Kubernetes restarts such chaincode, so the build continues after a first crash.

use ccs_launch::ExitCode;
use serde_json::Value;

use super::{Grace, Observed, Trouble, Verdict, condition, events, items, name, pod, said, text};

/// Judges the state of a Deployment.
pub(crate) fn judge(observed: &Observed<'_>) -> Verdict {
    let Observed { object: deployment, object_gone, pod, events } = *observed;
    if object_gone {
        return Verdict::Trouble(deleted());
    }
    if deployment.is_some_and(is_ready) {
        return Verdict::Running;
    }
    let of_pod = pod.and_then(|pod| pod::crashed(pod).or_else(|| pod::waiting(pod, events)));
    // Ignores a status about an older template.
    let of_deployment = || {
        let seen = deployment.filter(|deployment| is_observed(deployment))?;
        not_made(seen).or_else(|| no_progress(seen))
    };
    let of_events = || events::trouble(pod, events).filter(|_| pod.is_some());
    if let Some(trouble) = of_pod.or_else(of_deployment).or_else(of_events) {
        return Verdict::Trouble(trouble);
    }
    Verdict::Waiting(match (deployment, pod) {
        (None, _) => "the Deployment is not seen yet".to_owned(),
        (Some(_), None) => "the Deployment has no pod yet".to_owned(),
        (Some(_), Some(pod)) => pod::state(pod),
    })
}

/// Tells whether only pods of the newest template exist, and one is available.
fn is_ready(deployment: &Value) -> bool {
    let status = &deployment["status"];
    let count = |name: &str| status[name].as_u64().unwrap_or_default();
    is_observed(deployment)
        && count("availableReplicas") >= 1
        && count("updatedReplicas") >= 1
        && count("replicas") == count("updatedReplicas")
}

/// Tells whether the status is about the newest template.
fn is_observed(deployment: &Value) -> bool {
    let observed = deployment["status"]["observedGeneration"].as_u64();
    observed.is_some() && observed >= deployment["metadata"]["generation"].as_u64()
}

fn deleted() -> Trouble {
    Trouble {
        code: ExitCode::Stopped,
        kind: "deleted",
        grace: Grace::None,
        reason: "the Deployment was deleted".to_owned(),
        hint: "install the package again".to_owned(),
        ran: false,
    }
}

/// Reports why the pod is not created: the Deployment repeats the error of its `ReplicaSet`.
fn not_made(deployment: &Value) -> Option<Trouble> {
    let failure = condition(deployment, "ReplicaFailure")?;
    events::not_made(
        &format!("deployment {}", name(deployment)),
        text(failure, "reason"),
        text(failure, "message"),
    )
}

fn no_progress(deployment: &Value) -> Option<Trouble> {
    let progress = items(&deployment["status"]["conditions"]).find(|condition| {
        text(condition, "type") == "Progressing" && text(condition, "reason") == "ProgressDeadlineExceeded"
    })?;
    Some(Trouble {
        code: ExitCode::NotReady,
        kind: "progress",
        grace: Grace::None,
        reason: said(
            &format!("deployment {}", name(deployment)),
            text(progress, "reason"),
            text(progress, "message"),
        ),
        hint: "kubectl describe pod shows why it waits".to_owned(),
        ran: false,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment(status: &Value) -> Value {
        json!({"metadata": {"name": "d", "generation": 2}, "status": status})
    }

    fn judged(status: &Value, pod: Option<&Value>) -> Verdict {
        let deployment = deployment(status);
        judge(&Observed { object: Some(&deployment), pod, ..Observed::default() })
    }

    fn pod(restarts: u64, state: &Value, last: &Value) -> Value {
        json!({"metadata": {"name": "p"}, "status": {"containerStatuses": [{
            "name": "chaincode", "restartCount": restarts, "state": state, "lastState": last,
        }]}})
    }

    #[test]
    fn only_the_newest_template_counts_as_ready() {
        let ready = |observed: u64, replicas: u64, updated: u64, available: u64| {
            let status = json!({
                "observedGeneration": observed, "replicas": replicas, "updatedReplicas": updated,
                "availableReplicas": available,
            });
            judged(&status, None) == Verdict::Running
        };
        assert!(ready(2, 1, 1, 1));
        assert!(!ready(1, 1, 1, 1));
        // The old pod is still running.
        assert!(!ready(2, 2, 1, 2));
        assert!(!ready(2, 1, 1, 0));
        assert!(!judge(&Observed { object: Some(&json!({})), ..Observed::default() }).eq(&Verdict::Running));
    }

    #[test]
    fn a_crash_is_trouble_when_it_comes_again() {
        let ended = json!({"terminated": {"exitCode": 3, "reason": "Error"}});
        let backing_off = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}});
        let verdict = judged(&json!({}), Some(&pod(1, &backing_off, &ended)));
        assert!(matches!(verdict, Verdict::Waiting(_)), "{verdict:?}");
        let Verdict::Trouble(trouble) = judged(&json!({}), Some(&pod(2, &backing_off, &ended))) else {
            panic!("no trouble");
        };
        assert_eq!((trouble.code, trouble.ran), (ExitCode::Ended, true));
        assert_eq!(
            trouble.reason,
            "pod p: container chaincode ended 3 times, last with exit status 3: Error"
        );
        let not_started =
            json!({"terminated": {"exitCode": 128, "reason": "StartError", "message": "no such file"}});
        let Verdict::Trouble(trouble) = judged(&json!({}), Some(&pod(2, &backing_off, &not_started))) else {
            panic!("no trouble");
        };
        assert_eq!(trouble.code, ExitCode::Image);
    }

    /// The text is the Deployment's, from an API server of Kubernetes 1.34.
    #[test]
    fn a_pod_that_is_not_made_is_told_by_the_deployment() {
        let message =
            r#"pods "d-5f" is forbidden: failed quota: memory: must specify limits.memory for: chaincode"#;
        let status = |observed: u64| {
            json!({"observedGeneration": observed, "conditions": [
                {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message},
            ]})
        };
        let Verdict::Trouble(trouble) = judged(&status(2), None) else { panic!("no trouble") };
        assert_eq!((trouble.code, trouble.grace), (ExitCode::Policy, Grace::None));
        assert_eq!(trouble.reason, format!("deployment d: FailedCreate: {message}"));
        let older = judged(&status(1), None);
        assert!(matches!(older, Verdict::Waiting(_)), "it is about an older template: {older:?}");
    }

    #[test]
    fn a_deployment_that_is_gone_or_stands_still_is_trouble() {
        let gone = judge(&Observed { object_gone: true, ..Observed::default() });
        assert!(matches!(gone, Verdict::Trouble(trouble) if trouble.code == ExitCode::Stopped));
        let status = json!({"observedGeneration": 2, "conditions": [
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "m"},
        ]});
        let Verdict::Trouble(trouble) = judged(&status, None) else { panic!("no trouble") };
        assert_eq!(trouble.code, ExitCode::NotReady);
    }
}
