//! Chaincode that the builder's `run` launches, as a peer has it launched: when it is needed, until nothing uses it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_builder::report::chain;
use ccs_chaincode::{ChaincodeSupport, LaunchError, StatusChange};
use ccs_host::{Environment, ExternalBuilder, Run, RunError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::credentials::Credentials;
use crate::event::{Event, Report};

/// Launches chaincode. Clones are handles of the same.
#[derive(Clone)]
pub(crate) struct Launcher(Arc<Inner>);

struct Inner {
    peer: Arc<ChaincodeSupport>,
    credentials: Arc<Credentials>,
    builder: ExternalBuilder,
    environment: Environment,
    report: Report,
    /// The build of each chaincode that is launched.
    builds: Mutex<BTreeMap<String, PathBuf>>,
    /// What stops the latest `run` of each.
    running: Mutex<BTreeMap<String, Arc<CancellationToken>>>,
    tasks: TaskTracker,
}

impl Launcher {
    pub(crate) fn new(
        peer: &Arc<ChaincodeSupport>,
        credentials: &Arc<Credentials>,
        (builder, environment): (ExternalBuilder, Environment),
        report: &Report,
    ) -> Self {
        Self(Arc::new(Inner {
            peer: Arc::clone(peer),
            credentials: Arc::clone(credentials),
            builder,
            environment,
            report: Arc::clone(report),
            builds: Mutex::default(),
            running: Mutex::default(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Launches a chaincode that the peer knows whenever it is needed; what `build` made is in `build`.
    pub(crate) fn follow(&self, id: &str, build: PathBuf) {
        if lock(&self.0.builds).insert(id.to_owned(), build).is_some() {
            return;
        }
        let Some(mut changes) = self.0.peer.chaincodes().watch(id) else { return };
        let (inner, id) = (Arc::clone(&self.0), id.to_owned());
        tokio::spawn(async move {
            while let Some(change) = changes.next().await {
                if change == StatusChange::Needed && !inner.tasks.is_closed() {
                    inner.start(&id);
                    inner.stop_unused();
                }
            }
        });
    }

    /// Stops all that it has launched, and waits until it has stopped.
    pub(crate) async fn close(&self) {
        self.0.tasks.close();
        for (id, stop) in std::mem::take(&mut *lock(&self.0.running)) {
            self.0.stop(&id, &stop);
        }
        self.0.tasks.wait().await;
    }
}

impl Inner {
    /// Starts `run`; an earlier one of the same chaincode is replaced by it, as its contract says.
    fn start(self: &Arc<Self>, id: &str) {
        let Some(build) = lock(&self.builds).get(id).cloned() else { return };
        let stop = Arc::new(CancellationToken::new());
        lock(&self.running).insert(id.to_owned(), Arc::clone(&stop));
        let (this, id) = (Arc::clone(self), id.to_owned());
        self.tasks.spawn(async move {
            let ended = this.run(&id, build, &stop).await;
            this.ended(&id, ended, &stop);
        });
    }

    async fn run(&self, id: &str, build: PathBuf, stop: &CancellationToken) -> Result<(), String> {
        let chaincode = self.credentials.launched(id).map_err(|error| chain(&error))?;
        let mut line = |line: &str| {
            let (builder, line) = (self.builder.name.clone(), line.to_owned());
            (self.report)(Event::Builder { builder, id: id.to_owned(), line });
        };
        let run = Run {
            builder: &self.builder,
            environment: &self.environment,
            build: &build,
            chaincode: &chaincode,
        };
        // In the words of a peer (Fabric 3.1 `core/container/externalbuilder/instance.go`).
        run.until(stop.cancelled(), &mut line).await.map_err(|error| match error {
            RunError::Program(failure) => format!(
                "failed to wait on container exit: builder '{}' run failed: {failure}",
                self.builder.name
            ),
            RunError::Metadata(_) => chain(&error),
        })
    }

    /// A launch that waits for a chaincode fails when the `run` that was to bring it has ended.
    fn ended(&self, id: &str, ended: Result<(), String>, stop: &Arc<CancellationToken>) {
        if stop.is_cancelled() {
            return;
        }
        let mut running = lock(&self.running);
        // A later one has replaced it: that one decides.
        if running.get(id).is_some_and(|latest| Arc::ptr_eq(latest, stop)) {
            running.remove(id);
            let text = ended.err().unwrap_or_else(|| "container exited with 0".to_owned());
            self.peer.chaincodes().fail(id, LaunchError::Run(text));
        }
    }

    /// Stops the chaincode that no channel uses any more, which an upgrade has replaced.
    fn stop_unused(&self) {
        let in_use = self.peer.in_use();
        lock(&self.running).retain(|id, stop| {
            let is_used = in_use.contains(id);
            if !is_used {
                self.stop(id, stop);
            }
            is_used
        });
    }

    /// Stops a chaincode; that its stream ends then is no news.
    fn stop(&self, id: &str, stop: &CancellationToken) {
        self.peer.chaincodes().disconnect(id);
        stop.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
