//! The start of chaincode that the peer dials. If a step fails, it removes everything that it has created.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use ccs_launch::Failure;
use ccs_launch::kubernetes::SERVER_MANAGER;
use ccs_launch_reach::{Advice, reach};
use serde_json::Value;
use tokio::time::Instant;

use crate::Start;
use crate::cluster::{Cluster, Kind, Version};
use crate::refusal::Refusal;
use crate::stamp::stamped;
use crate::tries::patiently;
use crate::verdict::{Trouble, judge_server};
use crate::watch::{self, End, Workload};

/// How long a call may continue after a signal, so that its result is known.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// How long the removal may take.
const REMOVAL: Duration = Duration::from_secs(10);

/// The time that is reserved for the dial and the removal.
const RESERVE: Duration = Duration::from_secs(65);

/// How long to dial ready chaincode: DNS servers cache a negative answer for up to 30 s.
const PATIENCE: Duration = Duration::from_secs(40);

const ADVICE: Advice = Advice {
    resolve: "the name is that of a Service: the peer must use the DNS of the cluster",
    tcp: "check that a NetworkPolicy lets the peer reach the chaincode",
};

/// A start, and what it has created so far.
struct Session<'a> {
    start: &'a Start<'a>,
    cluster: Cluster,
    begin: Instant,
    /// The objects to remove if the start fails: only those that it has created.
    made: Vec<(Kind, String, Version)>,
    /// Existing objects, which remain.
    found: Vec<Kind>,
    /// Whether the chaincode is ready.
    is_ready: bool,
}

/// Starts a chaincode.
pub(crate) async fn start(
    start: &Start<'_>,
    keep: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let begin = Instant::now();
    let mut stop = start.caller.listen()?;
    let cluster = tokio::select! {
        cluster = Cluster::new(start.target) => cluster?,
        () = stop.received() => return Err(start.caller.stopped()),
    };
    let mut session = Session { start, cluster, begin, made: Vec::new(), found: Vec::new(), is_ready: false };
    let outcome = {
        let mut going = pin!(session.go());
        tokio::select! {
            outcome = &mut going => outcome,
            () = stop.received() => {
                // Its failure no longer matters.
                let _ = tokio::time::timeout(UNDER_WAY, going).await;
                Err(start.caller.stopped())
            }
        }
    };
    let outcome = outcome.and_then(|()| keep());
    if outcome.is_err() {
        session.remove().await;
    }
    outcome
}

/// Tells whether an object exists. Without the right to get it, it counts as existing if the Deployment exists.
fn is_there(found: Result<bool, Refusal>, has_deployment: bool) -> Result<bool, Refusal> {
    match found {
        Err(refusal) if refusal.right.is_some() => Ok(has_deployment),
        found => found,
    }
}

impl Session<'_> {
    /// Creates all objects, and waits until the chaincode is ready and can be dialed.
    async fn go(&mut self) -> Result<(), Failure> {
        let uid = self.make().await?;
        let plan = self.start.plan;
        (self.start.say)(&format!(
            "starts {} as deployment {}/{}",
            plan.connection.address, plan.namespace, plan.object
        ));
        self.becomes_ready(&uid).await?;
        self.is_ready = true;
        if !self.start.dials {
            return Ok(());
        }
        let reached = reach(&plan.connection, self.left().min(PATIENCE), |_| PATIENCE).await?;
        reached.map_err(|unreached| unreached.failure(&plan.connection.address, &ADVICE))
    }

    /// Applies Secret, Service and Deployment, and returns the UID of the last.
    async fn make(&mut self) -> Result<String, Failure> {
        let (plan, cluster) = (self.start.plan, self.cluster.clone());
        let has_deployment = patiently(|| cluster.has(Kind::Deployment, &plan.object)).await?;
        if has_deployment {
            (self.start.say)(&format!("takes over deployment {}/{}", plan.namespace, plan.object));
        }
        let mut uid = String::new();
        let secret = plan.secret.as_ref().map(|secret| (Kind::Secret, secret));
        let objects = [(Kind::Service, &plan.service), (Kind::Deployment, &plan.deployment)];
        for (kind, object) in secret.into_iter().chain(objects) {
            let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            let look = async || {
                let found = cluster.metadata(kind, &name).await.map(|found| found.is_some());
                is_there(found, has_deployment)
            };
            let was_there = if kind == Kind::Deployment { has_deployment } else { patiently(look).await? };
            let object = &stamped(object, SystemTime::now());
            let version = patiently(|| cluster.apply(kind, object, SERVER_MANAGER)).await?;
            version.uid().clone_into(&mut uid);
            if was_there {
                self.found.push(kind);
            } else {
                // Status and endpoints change an object immediately, but its UID identifies it.
                self.made.push((kind, name, version.any()));
            }
        }
        Ok(uid)
    }

    async fn becomes_ready(&self, uid: &str) -> Result<(), Failure> {
        let plan = self.start.plan;
        let of_this_build = |pod: &Value| {
            let ends =
                pod["metadata"].get("deletionTimestamp").is_some() || pod["status"]["phase"] == "Failed";
            plan.is_ours(pod) && !ends
        };
        let workload = Workload {
            kind: Kind::Deployment,
            name: &plan.object,
            namespace: &plan.namespace,
            uid,
            pods: plan.selector(),
            is_meant: &of_this_build,
            judge: judge_server,
            until_ready: true,
            limit: self.start.target.start_timeout.min(self.left().saturating_sub(RESERVE)),
            debug: self.start.target.debug,
            say: self.start.say,
            pod_runs: &|_| {},
        };
        let Err(End { trouble, pod, .. }) = watch::follow(&workload, &self.cluster, Instant::now()).await
        else {
            return Ok(());
        };
        if trouble.ran
            && let Some(pod) = &pod
        {
            self.cluster.show_log(pod, self.start.say).await;
        }
        let Trouble { code, reason, hint, .. } = trouble;
        let deployment = format!("{}/{}", plan.namespace, plan.object);
        Err(Failure::new(code, format!("deployment {deployment} does not become ready: {reason}"))
            .with_hint(hint))
    }

    /// Returns the remaining time.
    fn left(&self) -> Duration {
        self.start.limit.saturating_sub(self.begin.elapsed())
    }

    /// Removes what this start has created, the Deployment first.
    async fn remove(&self) {
        let plan = self.start.plan;
        if self.is_ready && !self.start.caller.removes_what_is_ready() {
            let place = format!("{}/{}", plan.namespace, plan.object);
            (self.start.say)(&format!("deployment {place} is ready, so nothing is removed"));
            return;
        }
        for kind in &self.found {
            let place = format!("{}/{}", plan.namespace, plan.object);
            (self.start.say)(&format!("the {} of {place} was there before, and is not removed", kind.word()));
        }
        let removal = async {
            for (kind, name, version) in self.made.iter().rev() {
                if let Err(refusal) = patiently(|| self.cluster.delete(*kind, name, version)).await {
                    (self.start.say)(&refusal.warning());
                }
            }
        };
        if tokio::time::timeout(REMOVAL, removal).await.is_err() {
            (self.start.say)(&format!(
                "warning: cannot remove {}: the API server did not answer within {} s",
                self.start.plan.object,
                REMOVAL.as_secs()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use ccs_launch::ExitCode;
    use ccs_launch::kubernetes::all_rights;

    use super::*;

    #[test]
    fn what_may_not_be_looked_at_stays_with_a_deployment_that_was_there() {
        let refusal = |right| Refusal {
            failure: Failure::new(ExitCode::Forbidden, "no"),
            may_pass: false,
            right,
            status: 403,
        };
        for has_deployment in [true, false] {
            let hidden = is_there(Err(refusal(all_rights().next())), has_deployment);
            assert_eq!(hidden.unwrap(), has_deployment);
            assert!(is_there(Ok(true), has_deployment).unwrap());
            assert!(!is_there(Ok(false), has_deployment).unwrap());
            assert_eq!(is_there(Err(refusal(None)), has_deployment).unwrap_err().status, 403);
        }
    }
}
