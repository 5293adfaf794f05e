//! Starts a planned chaincode on Kubernetes. It watches chaincode that dials the peer until it ends, and removes it when the peer stops
//! it. It watches chaincode that the peer dials until it is ready, and leaves it running.
//!
//! ```text
//! Plan       ──▶ session ──▶ cluster: Secret, Job                 ──▶ watch ──▶ verdict ──▶ Failure, exit code
//! ServerPlan ──▶ server  ──▶ cluster: Secret, Service, Deployment ──▶ watch ──▶ verdict ──▶ reach
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | `session` | one launch from beginning to end |
//! | `server` | the start of chaincode that the peer dials |
//! | `stamp` | when an object was last applied |
//! | `upkeep`, `reads`, `found` | existing objects, and their removal |
//! | `output` | the output of the chaincode |
//! | `watch` | the states of Job or Deployment, pod and Events |
//! | `verdict` | their meaning, as pure functions |
//! | `cluster`, `refusal`, `tries` | calls, the meaning of errors, and retries |

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

/// One launch, and the receivers of its lines.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// What is made.
    pub plan: &'a Plan,
    /// Where and how.
    pub target: &'a Target,
    /// The package ID.
    pub chaincode_id: &'a str,
    /// Receives each line for the log of the peer.
    pub say: &'a dyn Fn(&str),
    /// Receives each line of the chaincode's output, if the operator enables this. Otherwise the log contains only the last lines,
    /// after the chaincode has ended.
    pub chaincode: Option<&'a dyn Fn(&str)>,
}

/// Returns a random text that distinguishes the Jobs of a chaincode.
pub fn suffix() -> Result<String, Failure> {
    /// The characters that Kubernetes itself appends to names: no vowels, which would form words, and no digits that look like letters.
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

/// The start of one chaincode that the peer dials, and the receiver of its lines.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// What is made.
    pub plan: &'a ServerPlan,
    /// Where and how.
    pub target: &'a Target,
    /// The limit for the whole start.
    pub limit: Duration,
    /// Whether to dial it from here, as the peer will.
    pub dials: bool,
    /// The caller that starts it.
    pub caller: Caller<'a>,
    /// Receives each line for the log of the peer.
    pub say: &'a dyn Fn(&str),
}

/// Starts a chaincode, waits until it is ready and can be dialed from here, and lets the caller store its address.
///
/// If a step fails, including that of the caller, or if the caller stops, it removes the objects that it has created. For a command,
/// they remain once the chaincode is ready.
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
