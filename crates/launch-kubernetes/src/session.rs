//! One launch from beginning to end. It removes everything that it creates, unless the chaincode has run and ended by itself.

use std::pin::pin;
use std::time::Duration;

use ccs_launch::Failure;
use ccs_launch::kubernetes::MANAGER;
use ccs_launch_peer::Stop;
use serde_json::Value;
use tokio::time::Instant;

use crate::Launch;
use crate::cluster::{Cluster, Kind, Version};
use crate::output;
use crate::refusal::Refusal;
use crate::tries::patiently;
use crate::verdict::{Trouble, judge};
use crate::watch::{self, End, Workload};

/// How long a call may continue after SIGTERM, so that its result is known.
const UNDER_WAY: Duration = Duration::from_secs(1);

/// How long the removal may take: a peer kills all its builders five seconds after SIGTERM.
const REMOVAL: Duration = Duration::from_secs(2);

/// How long the last lines of a chaincode that has ended may take.
const LAST_LINES: Duration = Duration::from_secs(2);

/// How long the successor of a launch may take to create its Job, and how often to check for it.
const SUCCESSOR: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// A launch, and what it has created so far.
struct Session<'a> {
    launch: &'a Launch<'a>,
    cluster: Cluster,
    /// The version of the last applied Secret.
    secret: Option<Version>,
    /// Whether a Job may exist.
    job: bool,
}

/// Runs a launch.
pub(crate) async fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    let start = Instant::now();
    let mut stop = Stop::listen()?;
    let cluster = tokio::select! {
        cluster = Cluster::new(launch.target) => cluster?,
        () = stop.received() => return Ok(()),
    };
    let mut session = Session { launch, cluster, secret: None, job: false };
    let made = {
        let mut making = pin!(session.make());
        tokio::select! {
            made = &mut making => Some(made),
            () = stop.received() => {
                // Its failure no longer matters.
                let _ = tokio::time::timeout(UNDER_WAY, making).await;
                None
            }
        }
    };
    let uid = match made {
        Some(Ok(uid)) => uid,
        Some(Err(failure)) => {
            session.remove().await;
            return Err(failure);
        }
        None => {
            session.remove().await;
            return Ok(());
        }
    };
    let (plan, id) = (launch.plan, launch.chaincode_id);
    (launch.say)(&format!(
        "Running chaincode ID {id} with kubernetes job {}/{}",
        plan.namespace,
        plan.job_name()
    ));
    if let Some((end, is_shown)) = session.follow(&uid, start, &mut stop).await {
        return session.end(end, is_shown).await;
    }
    session.remove().await;
    Ok(())
}

impl Session<'_> {
    /// Removes older Jobs of the same chaincode, creates Secret and Job, and returns the UID of the Job.
    async fn make(&mut self) -> Result<String, Failure> {
        let (plan, cluster) = (self.launch.plan, &self.cluster);
        for job in patiently(|| cluster.older_jobs(plan)).await? {
            match cluster.delete_job(&job).await {
                Ok(()) => (self.launch.say)(&format!("removed the older job {job}")),
                Err(refusal) => self.warn(&refusal),
            }
        }
        self.secret = Some(patiently(|| cluster.apply(Kind::Secret, &plan.secret, MANAGER)).await?);
        let (name, job) = (plan.job_name(), self.owned_job().await);
        self.job = true;
        let uid = patiently(|| cluster.create_job(name, &job)).await?;
        // From now on, Kubernetes deletes the Secret together with the Job, even if this program has ended.
        let owned = plan.secret_of(name, &uid);
        self.secret = Some(patiently(|| cluster.apply(Kind::Secret, &owned, MANAGER)).await?);
        Ok(uid)
    }

    /// Returns the Job. If the peer's pod is in the same namespace, that pod owns the Job.
    async fn owned_job(&self) -> Value {
        let plan = self.launch.plan;
        if let Some(pod) = &self.launch.target.peer_pod {
            match self.cluster.pod(pod).await {
                Ok(Some(uid)) => return plan.job_of(pod, &uid),
                // A pod in the network of its node has the name of the node.
                Ok(None) => {}
                Err(refusal) => self.warn(&refusal),
            }
        }
        plan.job.clone()
    }

    /// Follows the Job until it ends, and passes on the chaincode's output if this is enabled. Returns how the Job ended, and whether
    /// all output was passed on; [`None`] after a signal.
    async fn follow(&self, uid: &str, start: Instant, stop: &mut Stop) -> Option<(End, bool)> {
        let (launch, plan) = (self.launch, self.launch.plan);
        let (pod_name, pod_named) = tokio::sync::watch::channel(None);
        let workload = Workload {
            kind: Kind::Job,
            name: plan.job_name(),
            namespace: &plan.namespace,
            uid,
            // Every release sets this label, which is older than the one with a prefix.
            pods: format!("job-name={}", plan.job_name()),
            is_meant: &|_| true,
            judge,
            until_ready: false,
            limit: launch.target.start_timeout,
            debug: launch.target.debug,
            say: launch.say,
            pod_runs: &|pod| drop(pod_name.send_replace(Some(pod.to_owned()))),
        };
        let mut output = pin!(self.output(pod_named));
        let mut following = pin!(watch::follow(&workload, &self.cluster, start));
        let mut is_shown = None;
        let end = loop {
            tokio::select! {
                end = &mut following => break end.err()?,
                shown = &mut output, if is_shown.is_none() => is_shown = Some(shown),
                () = stop.received() => return None,
            }
        };
        if is_shown.is_none() && pod_name.borrow().is_some() {
            // The last output may still arrive.
            is_shown = tokio::time::timeout(LAST_LINES, output).await.ok();
        }
        Some((end, is_shown.unwrap_or_default()))
    }

    /// Reports how it ended. It removes a Job whose chaincode has never run. It keeps other Jobs so that the log can be read;
    /// Kubernetes deletes them after five minutes. It shows the last lines, unless all lines were shown.
    async fn end(&self, End { trouble, pod, has_run }: End, is_shown: bool) -> Result<(), Failure> {
        if trouble.kind == watch::DELETED && has_run && self.is_replaced().await {
            (self.launch.say)("another launch of the same chaincode has taken over");
            return Ok(());
        }
        if trouble.ran
            && !is_shown
            && let Some(pod) = &pod
        {
            self.cluster.show_log(pod, self.launch.say).await;
        }
        if !has_run {
            self.remove().await;
        }
        let Trouble { code, reason, hint, .. } = trouble;
        let job = format!("{}/{}", self.launch.plan.namespace, self.launch.plan.job_name());
        let id = self.launch.chaincode_id;
        let verb = if has_run { "ended" } else { "did not start" };
        Err(Failure::new(code, format!("chaincode job {job} for chaincode ID {id} {verb}: {reason}"))
            .with_hint(hint))
    }

    /// Passes on the chaincode's output, if this is enabled. Returns whether the output is complete.
    async fn output(&self, pod: tokio::sync::watch::Receiver<Option<String>>) -> bool {
        match self.launch.chaincode {
            Some(line) => output::follow(&self.cluster, pod, line, self.launch.say).await,
            None => false,
        }
    }

    /// Tells whether another launch of the same chaincode has deleted the Job: that launch creates its own immediately afterwards.
    async fn is_replaced(&self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < SUCCESSOR {
            if self.cluster.older_jobs(self.launch.plan).await.is_ok_and(|others| !others.is_empty()) {
                return true;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        false
    }

    /// Removes what this launch has created.
    async fn remove(&self) {
        let plan = self.launch.plan;
        let job = async { if self.job { self.cluster.delete_job(plan.job_name()).await } else { Ok(()) } };
        let secret = async {
            match &self.secret {
                Some(version) => self.cluster.delete(Kind::Secret, &plan.object, version).await,
                None => Ok(()),
            }
        };
        match tokio::time::timeout(REMOVAL, async { tokio::join!(job, secret) }).await {
            Ok((job, secret)) => {
                for refusal in [job.err(), secret.err()].into_iter().flatten() {
                    self.warn(&refusal);
                }
            }
            Err(_) => (self.launch.say)(&format!(
                "warning: cannot remove job {}: the API server did not answer within {} s",
                plan.job_name(),
                REMOVAL.as_secs()
            )),
        }
    }

    fn warn(&self, refusal: &Refusal) {
        (self.launch.say)(&refusal.warning());
    }
}
