//! Starts a planned chaincode in a container of a Docker engine, watches it until it ends, and removes it.
//!
//! ```text
//! Plan ──▶ session ──▶ connect, image, container ──▶ output, end ──▶ Failure, exit code
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | `session` | one launch from beginning to end |
//! | `connect` | the engine, once it answers |
//! | `image` | the image, pulled where the plan wants it |
//! | `container` | the container: made, looked up, removed |
//! | `look` | a look at an engine, without a launch |
//! | `end` | how a container ended |
//! | `refusal` | what an error of the engine means |

mod connect;
mod container;
mod end;
mod image;
mod look;
mod refusal;
mod session;

use ccs_launch::docker::{Engine, Plan};
use ccs_launch::{ExitCode, Failure};

/// One launch, and where its lines go.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// What is made.
    pub plan: &'a Plan,
    /// Takes what the launch itself says.
    pub say: &'a dyn Fn(&str),
    /// Takes each line that the chaincode writes.
    pub chaincode: &'a dyn Fn(&str),
}

/// Returns what tells one launch of a chaincode from another one.
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
    let runtime = runtime()?;
    let outcome = runtime.block_on(session::run(launch));
    // Resolving a name cannot be interrupted, and nobody waits for it any more.
    runtime.shutdown_background();
    outcome
}

/// Returns the version of an engine, and of the API that it speaks, once it answers.
pub fn version(engine: &Engine) -> Result<String, Failure> {
    runtime()?.block_on(look::version(engine))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot start the runtime: {error}")))
}
