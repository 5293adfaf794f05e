//! Launches chaincode with the builder's `run`, as a peer does: on demand, and until no channel uses it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_builder::report::chain;
use ccs_chaincode::{ChaincodeSupport, LaunchError, StatusChange};
use ccs_host::{Environment, ExternalBuilder, Run, RunError, StepFailure};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::credentials::Credentials;
use crate::event::{Event, Report};

/// Prefix of a peer's error when `run` ends before the chaincode has registered, and the reason if it exited with
/// status 0.
const ENDED: &str = "chaincode registration failed: ";
const EXITED: &str = "container exited with 0";

/// Launches chaincode. Clones share the same state.
#[derive(Clone)]
pub(crate) struct Launcher(Arc<Inner>);

struct Inner {
    peer: Arc<ChaincodeSupport>,
    credentials: Arc<Credentials>,
    builder: ExternalBuilder,
    environment: Environment,
    report: Report,
    /// Build of each chaincode to launch.
    builds: Mutex<BTreeMap<String, PathBuf>>,
    /// Cancels the latest `run` of each chaincode.
    running: Mutex<BTreeMap<String, Arc<CancellationToken>>>,
    /// Cancels all of them.
    end: CancellationToken,
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
            end: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }))
    }

    /// Stops chaincode that no channel uses any more, after each block that may have changed that.
    pub(crate) fn stop_what_is_replaced(&self) {
        let (inner, mut blocks) = (Arc::clone(&self.0), self.0.peer.lifecycle_blocks());
        tokio::spawn(async move {
            while let Some(Ok(())) = inner.end.run_until_cancelled(blocks.changed()).await {
                inner.stop_unused();
            }
        });
    }

    /// Launches a chaincode that the peer knows whenever it is needed. `build` is the output folder of `build`.
    pub(crate) fn follow(&self, id: &str, build: PathBuf) {
        if lock(&self.0.builds).insert(id.to_owned(), build).is_some() {
            return;
        }
        let Some(changes) = self.0.peer.chaincodes().watch(id) else { return };
        let mut changes = changes.with_launch_under_way();
        let (inner, id) = (Arc::clone(&self.0), id.to_owned());
        tokio::spawn(async move {
            while let Some(change) = changes.next().await {
                if change == StatusChange::Needed {
                    inner.start(&id);
                }
            }
        });
    }

    /// Stops all launched chaincode, and waits until it has stopped.
    pub(crate) async fn close(&self) {
        for id in lock(&self.0.running).keys() {
            self.0.peer.chaincodes().disconnect(id);
        }
        // Includes replaced ones: each ends within the time limit after SIGTERM.
        self.0.end.cancel();
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }
}

impl Inner {
    /// Starts `run`. As its contract requires, it replaces an earlier one for the same chaincode.
    fn start(self: &Arc<Self>, id: &str) {
        let Some(build) = lock(&self.builds).get(id).cloned() else { return };
        let stop = Arc::new(self.end.child_token());
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
        // The texts are a peer's (Fabric 3.1 `core/chaincode/{container_runtime,runtime_launcher}.go`,
        // `core/container/externalbuilder/instance.go`).
        let name = &self.builder.name;
        run.until(stop.cancelled(), &mut line).await.map_err(|error| match error {
            RunError::Program(failure @ StepFailure::Start { .. }) => format!(
                "error starting container: error starting container: could not execute run: builder '{name}' run failed to \
                 start: {failure}"
            ),
            RunError::Program(failure) => format!("{ENDED}failed to wait on container exit: builder '{name}' run failed: {failure}"),
            RunError::Metadata(_) => format!("error starting container: {}", chain(&error)),
        })
    }

    /// Fails a launch that waits for a chaincode, after the `run` that should have started it has ended.
    fn ended(&self, id: &str, ended: Result<(), String>, stop: &Arc<CancellationToken>) {
        if stop.is_cancelled() {
            return;
        }
        let mut running = lock(&self.running);
        // If a later `run` has replaced it, that one determines the result.
        if running.get(id).is_some_and(|latest| Arc::ptr_eq(latest, stop)) {
            running.remove(id);
            let text = ended.err().unwrap_or_else(|| format!("{ENDED}{EXITED}"));
            self.peer.chaincodes().fail(id, LaunchError::Run(text));
        }
    }

    /// Stops chaincode that no channel uses any more, for example after an upgrade.
    fn stop_unused(&self) {
        let mut running = lock(&self.running);
        // If the ledger cannot be read, any chaincode may be in use.
        let Ok(in_use) = self.peer.in_use() else { return };
        running.retain(|id, stop| {
            let is_used = in_use.contains(id);
            if !is_used {
                self.stop(id, stop);
            }
            is_used
        });
    }

    /// Stops a chaincode. Does not report the end of its stream; transactions that wait for it fail.
    fn stop(&self, id: &str, stop: &CancellationToken) {
        let chaincodes = self.peer.chaincodes();
        chaincodes.disconnect(id);
        stop.cancel();
        chaincodes.fail(id, LaunchError::Run(format!("{ENDED}{EXITED}")));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
