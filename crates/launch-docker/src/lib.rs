//! Starts a planned chaincode in a container of a Docker engine. It watches chaincode that dials the peer until it ends, and removes
//! the container. It watches chaincode that the peer dials until the peer can dial it, and leaves it running.
//!
//! ```text
//! Plan       ──▶ session ──▶ connect, image, container ──▶ output, end ──▶ Failure, exit code
//! ServerPlan ──▶ server  ──▶ connect, image, container ──▶ watch, ccs-launch-reach
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | `session` | one launch from beginning to end |
//! | `server`, `watch` | the start of chaincode that the peer dials |
//! | `workloads` | the chaincode containers of an engine |
//! | `connect` | the connection to the engine |
//! | `image` | finds or pulls the image |
//! | `body`, `networks`, `files` | the parts of a container |
//! | `container` | calls that create, start, inspect and remove a container |
//! | `answers` | answers with container states that the library does not know |
//! | `look` | the version of an engine, without a launch |
//! | `end` | how a container ended |
//! | `refusal` | what an error of the engine means |

mod answers;
mod body;
mod connect;
mod container;
mod end;
mod files;
mod image;
mod look;
mod networks;
mod refusal;
mod server;
mod session;
mod watch;
mod workloads;

use std::time::Duration;

use ccs_launch::docker::{Engine, Plan, RUN, ServerPlan};
use ccs_launch::{ExitCode, Failure};

pub use ccs_launch_peer::Caller;
pub use workloads::Workload;

/// One launch, and the receivers of its lines.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// What is made.
    pub plan: &'a Plan,
    /// Receives the lines of the launch itself.
    pub say: &'a dyn Fn(&str),
    /// Receives each line of the chaincode's output.
    pub chaincode: &'a dyn Fn(&str),
}

/// Returns a random text that distinguishes launches of a chaincode.
pub fn run_id() -> Result<String, Failure> {
    let mut random = [0; 8];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot get random bytes: {error}")))?;
    Ok(hex::encode(random))
}

/// Runs a chaincode until it ends or the peer stops it by SIGTERM.
///
/// Returns no failure in the second case alone, when the container is removed, and when another launch of the same chaincode has
/// taken over.
pub fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    block_on(session::run(launch))
}

/// The start of one chaincode that waits for the peer to dial, and the receiver of its lines.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// What is made.
    pub plan: &'a ServerPlan,
    /// How long everything may take.
    pub limit: Duration,
    /// The caller that starts it.
    pub caller: Caller<'a>,
    /// Takes each line for the log of the peer.
    pub say: &'a dyn Fn(&str),
}

/// Starts a chaincode, waits until it can be dialed from here, and lets the caller store its address.
///
/// A container of the same chaincode that was there before is removed then. When a step fails, that of the caller included, or the
/// caller stops meanwhile, what was made is removed, and the older container stays as it is.
pub fn start(start: &Start<'_>, keep: impl FnOnce(&str) -> Result<(), Failure>) -> Result<(), Failure> {
    block_on(server::start(start, keep))
}

/// Returns the version of an engine, and of the API that it speaks, once it answers.
pub fn version(engine: &Engine) -> Result<String, Failure> {
    block_on(look::version(engine))
}

/// Lists the containers that launches and builds have made on an engine, also those that do not run.
pub fn list(engine: &Engine, say: &dyn Fn(&str)) -> Result<Vec<Workload>, Failure> {
    block_on(async { workloads::list(&connect::Engine::wait(engine, say).await?, RUN, None).await })
}

/// Removes a container with its volumes; tells whether there was one.
pub fn remove(engine: &Engine, id: &str, say: &dyn Fn(&str)) -> Result<bool, Failure> {
    block_on(async { container::remove(&connect::Engine::wait(engine, say).await?, id).await })
}

/// Returns the failure of a container that does not run in time.
fn late(limit: Duration) -> Failure {
    let reason = format!("the container did not run within {} s", limit.as_secs());
    Failure::new(ExitCode::NotReady, reason)
        .with_hint("pull the image on the engine first, or raise docker.start_timeout in launch.yaml")
}

fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot start the runtime: {error}")))?;
    let outcome = runtime.block_on(work);
    // Resolving a name cannot be interrupted, and its result is no longer needed.
    runtime.shutdown_background();
    outcome
}
