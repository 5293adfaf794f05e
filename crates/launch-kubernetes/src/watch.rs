//! Watches Job or Deployment, pod and Events of a launch until the chaincode has ended or cannot start.

use std::pin::pin;
use std::time::Duration;

use ccs_launch::ExitCode;
use futures_util::StreamExt as _;
use kube::api::DynamicObject;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watch_object, watcher};
use serde_json::Value;
use tokio::time::Instant;

use crate::cluster::{Cluster, Kind};
use crate::refusal::Refusal;
use crate::verdict::{Grace, Observed, Patience, Trouble, Verdict};

/// How often to check time limits while the chaincode does not run.
const TICK: Duration = Duration::from_millis(500);

/// How long the API server may fail to answer while the chaincode does not run.
const UNREACHABLE: Duration = Duration::from_secs(30);

/// The kind of problem if the Job or its pod was deleted.
pub(crate) const DELETED: &str = "deleted";

/// The watched workload.
pub(crate) struct Workload<'a> {
    /// The kind of the object that creates the pod.
    pub(crate) kind: Kind,
    /// Its name.
    pub(crate) name: &'a str,
    /// Its namespace.
    pub(crate) namespace: &'a str,
    /// Its UID.
    pub(crate) uid: &'a str,
    /// The label selector for its pods.
    pub(crate) pods: String,
    /// Tells whether a pod with these labels belongs to it.
    pub(crate) is_meant: &'a dyn Fn(&Value) -> bool,
    /// Judges the observed state.
    pub(crate) judge: fn(&Observed<'_>) -> Verdict,
    /// Whether to watch the chaincode only until it is ready.
    pub(crate) until_ready: bool,
    /// How long it may take to become ready.
    pub(crate) limit: Duration,
    /// Whether to log each state.
    pub(crate) debug: bool,
    /// Receives each line for the log of the peer.
    pub(crate) say: &'a dyn Fn(&str),
    /// Receives the name of the pod when it runs.
    pub(crate) pod_runs: &'a dyn Fn(&str),
}

/// How a chaincode ended.
pub(crate) struct End {
    pub(crate) trouble: Trouble,
    /// The name of its pod, if it was observed.
    pub(crate) pod: Option<String>,
    /// Whether it has run.
    pub(crate) has_run: bool,
}

/// Which optional rights the client has, if known.
struct Reads {
    pods: bool,
    events: bool,
}

/// The state observed so far.
struct Watch<'a> {
    workload: &'a Workload<'a>,
    cluster: &'a Cluster,
    start: Instant,
    object: Option<Value>,
    object_gone: bool,
    pod: Option<Value>,
    events: Vec<Value>,
    reads: Reads,
    /// Why the API server does not answer, if it does not.
    unreachable: Option<Refusal>,
    patience: Patience,
    has_run: bool,
    last_state: String,
}

/// Follows a launch until it ends or, if the caller requests no more, is ready.
pub(crate) async fn follow(workload: &Workload<'_>, cluster: &Cluster, start: Instant) -> Result<(), End> {
    let mut objects = pin!(watch_object(cluster.of(workload.kind), workload.name).default_backoff());
    let of_workload = watcher::Config::default().labels(&workload.pods);
    let mut pods = pin!(watcher(cluster.pods(), of_workload).default_backoff());
    let mut tick = tokio::time::interval(TICK);
    let mut watch = Watch {
        workload,
        cluster,
        start,
        object: None,
        object_gone: false,
        pod: None,
        events: Vec::new(),
        reads: Reads { pods: true, events: true },
        unreachable: None,
        patience: Patience::default(),
        has_run: false,
        last_state: String::new(),
    };
    loop {
        // The state of the pod may arrive a moment after the chaincode has ended.
        let unsettled = !watch.has_run || watch.patience.is_tried();
        let refused = tokio::select! {
            Some(change) = objects.next() => watch.object_changed(change),
            Some(change) = pods.next(), if watch.reads.pods => {
                watch.pod_changed(change);
                None
            }
            _ = tick.tick(), if unsettled => {
                watch.look_for_the_server().await;
                watch.look_at_events().await;
                None
            }
            // The watches restart as long as they are polled; without them, no change would be observed.
            else => Some(blind(workload.kind)),
        };
        if let Some(trouble) = refused.or_else(|| watch.trouble()) {
            let pod = watch.pod_name().map(str::to_owned);
            return Err(End { trouble, pod, has_run: watch.has_run });
        }
        if watch.has_run && workload.until_ready {
            return Ok(());
        }
    }
}

impl Watch<'_> {
    /// Processes a change of the Job or Deployment; returns a problem if it cannot be watched at all.
    fn object_changed(&mut self, change: watcher::Result<Option<DynamicObject>>) -> Option<Trouble> {
        match change {
            Ok(object) => {
                self.unreachable = None;
                self.object_gone = object.is_none();
                if let Some(object) = object {
                    self.object = serde_json::to_value(object).ok();
                }
                None
            }
            Err(error) => {
                let refusal = self.refusal(error, &format!("watch {}", self.workload.kind.words()));
                if !refusal.may_pass {
                    return Some(of_refusal(&refusal));
                }
                self.unreachable = Some(refusal);
                None
            }
        }
    }

    fn pod_changed(&mut self, change: watcher::Result<Event<DynamicObject>>) {
        match change {
            Ok(Event::Apply(pod) | Event::InitApply(pod)) => {
                let pod = serde_json::to_value(pod).ok();
                self.pod = pod.filter(self.workload.is_meant).or_else(|| self.pod.take());
            }
            // The last state has more details than the deletion of the pod, which the Job shows.
            Ok(Event::Delete(_) | Event::Init | Event::InitDone) => {}
            Err(error) => {
                let refusal = self.refusal(error, "watch pods");
                if !refusal.may_pass {
                    self.reads.pods = false;
                    (self.workload.say)(&refusal.warning());
                }
            }
        }
    }

    fn refusal(&self, error: watcher::Error, attempt: &str) -> Refusal {
        let error = match error {
            watcher::Error::InitialListFailed(error)
            | watcher::Error::WatchStartFailed(error)
            | watcher::Error::WatchFailed(error) => error,
            watcher::Error::WatchError(status) => kube::Error::Api(status),
            watcher::Error::NoResourceVersion => kube::Error::LinesCodecMaxLineLengthExceeded,
        };
        let mut refusal = Refusal::of(&error, attempt, self.workload.namespace);
        // A watch whose position in the history has expired restarts.
        refusal.may_pass |= refusal.status == 410;
        refusal
    }

    /// Asks whether the API server answers again after a watch has failed, because a restarted watch is silent until something changes.
    async fn look_for_the_server(&mut self) {
        if self.unreachable.is_some()
            && self.cluster.has(self.workload.kind, self.workload.name).await.is_ok()
        {
            self.unreachable = None;
        }
    }

    /// Lists the Events about the pod or, while there is no pod, about the object that creates it.
    async fn look_at_events(&mut self) {
        if !self.reads.events || self.has_run {
            return;
        }
        let pod = self.pod.as_ref().and_then(|pod| pod["metadata"]["uid"].as_str());
        match self.cluster.events(pod.unwrap_or(self.workload.uid)).await {
            Ok(events) => self.events = events,
            Err(refusal) if refusal.right.is_some() => {
                self.reads.events = false;
                (self.workload.say)(&refusal.warning());
            }
            // The watch of the Job reports an API server that does not answer for longer.
            Err(_) => {}
        }
    }

    /// Judges the observed state; returns the problem that ends the launch.
    fn trouble(&mut self) -> Option<Trouble> {
        let now = self.start.elapsed();
        let verdict = self.unreachable.as_ref().filter(|_| !self.has_run).map_or_else(
            || {
                (self.workload.judge)(&Observed {
                    object: self.object.as_ref(),
                    object_gone: self.object_gone,
                    pod: self.pod.as_ref(),
                    events: &self.events,
                })
            },
            |refusal| Verdict::Trouble(of_refusal(refusal)),
        );
        let ends = self.patience.ends(&verdict, now);
        self.tell(&verdict);
        match verdict {
            Verdict::Running => {
                self.has_run = true;
                if let Some(pod) = self.pod_name() {
                    (self.workload.pod_runs)(pod);
                }
                None
            }
            Verdict::Trouble(trouble) if ends => Some(self.with_what_is_missing(trouble)),
            Verdict::Trouble(trouble) if self.is_late(now) => {
                let limit = self.workload.limit;
                let reason = format!("not ready within {limit:?}: {}", trouble.reason);
                Some(self.with_what_is_missing(Trouble { reason, ..trouble }))
            }
            Verdict::Waiting(state) if self.is_late(now) => {
                let limit = self.workload.limit;
                Some(self.with_what_is_missing(Trouble {
                    code: ExitCode::NotReady,
                    kind: "late",
                    grace: Grace::None,
                    reason: format!("not ready within {limit:?}: {state}"),
                    hint: "kubectl describe pod shows why it waits; FABRIC_K8S_BUILDER_START_TIMEOUT or kubernetes.start_timeout \
                           allows more time"
                        .to_owned(),
                    ran: false,
                }))
            }
            Verdict::Trouble(_) | Verdict::Waiting(_) => None,
        }
    }

    fn pod_name(&self) -> Option<&str> {
        self.pod.as_ref().and_then(|pod| pod["metadata"]["name"].as_str())
    }

    fn is_late(&self, now: Duration) -> bool {
        !self.has_run && now >= self.workload.limit
    }

    /// Adds the right that would provide more details.
    fn with_what_is_missing(&self, mut trouble: Trouble) -> Trouble {
        for (reads, what) in [(self.reads.pods, "pods"), (self.reads.events, "events")] {
            if !reads {
                trouble.hint = format!(
                    "{}; with the right to list {what}, this message would contain more",
                    trouble.hint
                );
            }
        }
        trouble
    }

    /// Logs each change of the state, if the operator enables this.
    fn tell(&mut self, verdict: &Verdict) {
        if !self.workload.debug {
            return;
        }
        let state = match verdict {
            Verdict::Waiting(state) => state.clone(),
            Verdict::Running => "the chaincode runs".to_owned(),
            Verdict::Trouble(trouble) => trouble.reason.clone(),
        };
        if state != self.last_state {
            (self.workload.say)(&state);
            self.last_state = state;
        }
    }
}

/// Reports that the object cannot be watched.
fn blind(kind: Kind) -> Trouble {
    Trouble {
        code: ExitCode::Unreachable,
        kind: "blind",
        grace: Grace::None,
        reason: format!("the watch of {} has ended", kind.words()),
        hint: "the next transaction starts the chaincode again".to_owned(),
        ran: false,
    }
}

/// Treats an error as a problem that may last for some time.
fn of_refusal(refusal: &Refusal) -> Trouble {
    Trouble {
        code: refusal.failure.code(),
        kind: "refusal",
        grace: if refusal.may_pass { Grace::For(UNREACHABLE) } else { Grace::None },
        reason: refusal.failure.to_string(),
        hint: refusal.failure.hint().unwrap_or_default().to_owned(),
        ran: false,
    }
}
