//! What a probe found.

use std::net::SocketAddr;
use std::time::Duration;

use super::cause::Cause;
use super::step::{ProbeError, ProbeStep};
use crate::connection::{Attempt, Secured, Seen};

/// How a step went.
#[derive(Debug)]
pub enum StepVerdict {
    /// As a peer needs it.
    Ok,
    /// A peer would not come further.
    Failed(ProbeError),
    /// It was not to be gone, or one before it failed.
    Skipped,
}

/// A step, how it went, and how long it took.
#[derive(Debug)]
pub struct StepReport {
    /// The step.
    pub step: ProbeStep,
    /// How it went.
    pub verdict: StepVerdict,
    /// How long it took; zero for a step that was skipped.
    pub took: Duration,
}

/// What one attempt found.
#[derive(Debug, Default)]
pub struct ProbeReport {
    /// Every step, gone or not.
    pub steps: Vec<StepReport>,
    /// The addresses of the host.
    pub addresses: Vec<SocketAddr>,
    /// The addresses that were tried in vain.
    pub attempts: Vec<Attempt>,
    /// The address that accepted.
    pub connected: Option<SocketAddr>,
    /// What the server showed in the handshake.
    pub seen: Seen,
    /// What was agreed on in the handshake.
    pub secured: Option<Secured>,
    /// The ID that the chaincode announced.
    pub announced: Option<String>,
    /// What is in the way, if a step failed.
    pub cause: Option<Cause>,
}

impl ProbeReport {
    /// Returns the step that failed, and why.
    #[must_use]
    pub fn failure(&self) -> Option<(ProbeStep, &ProbeError)> {
        self.steps.iter().find_map(|report| match &report.verdict {
            StepVerdict::Failed(error) => Some((report.step, error)),
            StepVerdict::Ok | StepVerdict::Skipped => None,
        })
    }
}
