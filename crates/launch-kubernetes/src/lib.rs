//! Starts a planned chaincode on Kubernetes, watches it until it ends, and removes it when the peer stops it.
//!
//! ```text
//! Plan ──▶ session ──▶ cluster: Secret, Job ──▶ watch ──▶ verdict ──▶ Failure, exit code
//! ```
//!
//! | Module | Holds |
//! | --- | --- |
//! | `session` | one launch from beginning to end |
//! | `watch` | what Job, pod and Events show while it runs |
//! | `verdict` | what that means: pure |
//! | `cluster`, `refusal` | the calls, and what a refusal means |

mod cluster;
mod refusal;
mod session;
mod verdict;
mod watch;

use ccs_launch::kubernetes::{Plan, SUFFIX, Target};
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot start the runtime: {error}")))?;
    runtime.block_on(session::run(launch))
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
