//! Starts a planned chaincode on Kubernetes: one that dials the peer is watched until it ends, and removed when the peer stops
//! it; one that waits for the peer to dial is watched until it is ready, and stays.
//!
//! ```text
//! Plan       ──▶ session ──▶ cluster: Secret, Job                 ──▶ watch ──▶ verdict ──▶ Failure, exit code
//! ServerPlan ──▶ server  ──▶ cluster: Secret, Service, Deployment ──▶ watch ──▶ verdict ──▶ reach
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | `session` | one launch from beginning to end |
//! | `server` | the start of chaincode that waits for the peer to dial |
//! | `stamp` | when an object was applied last |
//! | `upkeep`, `reads`, `found` | what is there already, and its removal |
//! | `output` | what the chaincode writes |
//! | `watch` | what Job or Deployment, pod and Events show |
//! | `verdict` | what that means: pure |
//! | `cluster`, `refusal`, `tries` | the calls, what a refusal means, and when a call is made again |

mod cluster;
#[cfg(test)]
mod fake_cluster;
mod found;
mod output;
mod reads;
mod refusal;
mod server;
mod session;
mod stamp;
mod tries;
mod upkeep;
mod verdict;
mod watch;

use std::time::Duration;

pub use ccs_launch_peer::Caller;
pub use cluster::Kind;
pub use found::Found;
pub use upkeep::{Listed, Live, Upkeep};

use ccs_launch::kubernetes::{Plan, SUFFIX, ServerPlan, Target};
use ccs_launch::{ExitCode, Failure};

/// One launch, and who hears of it.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// What is made.
    pub plan: &'a Plan,
    /// Where and how.
    pub target: &'a Target,
    /// The package ID.
    pub chaincode_id: &'a str,
    /// Takes each line for the log of the peer.
    pub say: &'a dyn Fn(&str),
    /// Takes each line that the chaincode writes, where the operator wants them; without it, its last lines when it has ended
    /// are said.
    pub chaincode: Option<&'a dyn Fn(&str)>,
}

/// Returns what tells one Job of a chaincode from another one.
pub fn suffix() -> Result<String, Failure> {
    /// What Kubernetes itself appends to names: no vowels, which would make words, and no digits that look like letters.
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut random = [0; SUFFIX];
    getrandom::fill(&mut random)
        .map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot get random bytes: {error}")))?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect())
}

/// Runs a chaincode until it ends or the peer stops it by SIGTERM.
///
/// Returns no failure in the second case alone, when Job and Secret are removed, and when another launch of the same
/// chaincode has taken over.
pub fn run(launch: &Launch<'_>) -> Result<(), Failure> {
    runtime()?.block_on(session::run(launch))
}

/// The start of one chaincode that waits for the peer to dial, and who hears of it.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// What is made.
    pub plan: &'a ServerPlan,
    /// Where and how.
    pub target: &'a Target,
    /// How long everything may take.
    pub limit: Duration,
    /// Whether it is dialed from here, as the peer will.
    pub dials: bool,
    /// Who has it started.
    pub caller: Caller<'a>,
    /// Takes each line for the log of the peer.
    pub say: &'a dyn Fn(&str),
}

/// Starts a chaincode, waits until it is ready and can be dialed from here, and has the caller keep how.
///
/// When a step fails, that of the caller included, or the caller stops meanwhile, the objects are removed that were not there before. For
/// a command, they stay once the chaincode is ready.
pub fn start(start: &Start<'_>, keep: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    runtime()?.block_on(server::start(start, keep))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot start the runtime: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_is_one_of_kubernetes() {
        let suffix = suffix().unwrap();
        assert_eq!(suffix.len(), 5);
        assert!(suffix.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{suffix}");
    }
}
