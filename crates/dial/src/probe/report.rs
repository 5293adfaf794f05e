//! The results of a probe.

use std::net::SocketAddr;
use std::time::Duration;

use super::cause::Cause;
use super::step::{ProbeError, ProbeStep};
use crate::connection::{Attempt, Secured, Seen};

/// The result of a step.
#[derive(Debug)]
pub enum StepVerdict {
    /// The step succeeded.
    Ok,
    /// The step failed, as it would for a peer.
    Failed(ProbeError),
    /// The step was not requested, or an earlier one failed.
    Skipped,
}

/// The result and the duration of a step.
#[derive(Debug)]
pub struct StepReport {
    /// The step.
    pub step: ProbeStep,
    /// Its result.
    pub verdict: StepVerdict,
    /// Its duration; zero if the step was skipped.
    pub took: Duration,
}

/// The results of one attempt.
#[derive(Debug, Default)]
pub struct ProbeReport {
    /// All steps, including skipped ones.
    pub steps: Vec<StepReport>,
    /// The addresses of the host.
    pub addresses: Vec<SocketAddr>,
    /// The failed attempts to connect.
    pub attempts: Vec<Attempt>,
    /// The address that accepted the connection.
    pub connected: Option<SocketAddr>,
    /// The information that the server revealed in the handshake.
    pub seen: Seen,
    /// The results of the handshake.
    pub secured: Option<Secured>,
    /// The ID that the chaincode announced.
    pub announced: Option<String>,
    /// The cause, if a step failed.
    pub cause: Option<Cause>,
}

impl ProbeReport {
    /// Returns the step that failed, with its error.
    #[must_use]
    pub fn failure(&self) -> Option<(ProbeStep, &ProbeError)> {
        self.steps.iter().find_map(|report| match &report.verdict {
            StepVerdict::Failed(error) => Some((report.step, error)),
            StepVerdict::Ok | StepVerdict::Skipped => None,
        })
    }
}
