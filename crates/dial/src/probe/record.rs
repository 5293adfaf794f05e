//! Records the events of an attempt and makes its report.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::cause::{Cause, ClientCertificate};
use super::report::{ProbeReport, StepReport, StepVerdict};
use super::step::{ProbeError, ProbeStep};
use crate::connection::progress::Progress;
use crate::connection::{Attempt, Secured, Seen};

#[derive(Default)]
pub(super) struct Record {
    current: Option<(ProbeStep, Instant)>,
    gone: Vec<(ProbeStep, Duration)>,
    addresses: Vec<SocketAddr>,
    attempts: Vec<Attempt>,
    connected: Option<SocketAddr>,
    seen: Seen,
    secured: Option<Secured>,
    announced: Option<String>,
}

impl Record {
    /// Ends the current step and starts another.
    pub(super) fn begin(&mut self, step: ProbeStep) {
        self.end();
        self.current = Some((step, Instant::now()));
    }

    /// Ends the current step, if there is one.
    pub(super) fn end(&mut self) {
        self.gone.extend(self.current.take().map(|(step, began)| (step, began.elapsed())));
    }

    pub(super) fn announced(&mut self, id: &str) {
        self.announced = Some(id.to_owned());
    }

    pub(super) fn note(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Begun(stage) => self.begin(ProbeStep::of(stage)),
            Progress::Resolved(addresses) => self.addresses = addresses.to_vec(),
            Progress::Tried(attempt) => {
                self.attempts.retain(|other| other.address != attempt.address);
                self.attempts.push(attempt);
            }
            Progress::Connected(address) => {
                self.attempts.retain(|other| other.address != address);
                self.connected = Some(address);
            }
            Progress::Seen(seen) => self.seen = seen.clone(),
            Progress::Secured(secured) => self.secured = Some(secured),
        }
    }

    /// Makes the report of an attempt whose last step was to be `last`; `given` is whether there was a client
    /// certificate.
    pub(super) fn report(
        mut self,
        mut error: Option<ProbeError>,
        last: ProbeStep,
        given: bool,
    ) -> ProbeReport {
        self.end();
        let client = ClientCertificate { asked_for: self.seen.asked_for_client.is_some(), given };
        let cause = error.as_ref().map(|error| Cause::of(error, client));
        let failed = error.as_ref().map(ProbeError::step);
        let steps = ProbeStep::ALL.into_iter().map(|step| {
            let gone = self.gone.iter().find(|(other, _)| *other == step).filter(|_| step <= last);
            let verdict = match error.take_if(|_| failed == Some(step)) {
                Some(error) => StepVerdict::Failed(error),
                None if gone.is_some() && failed.is_none_or(|failed| step < failed) => StepVerdict::Ok,
                None => StepVerdict::Skipped,
            };
            let took = match verdict {
                StepVerdict::Skipped => Duration::ZERO,
                StepVerdict::Ok | StepVerdict::Failed(_) => gone.map(|(_, took)| *took).unwrap_or_default(),
            };
            StepReport { step, verdict, took }
        });
        ProbeReport {
            steps: steps.collect(),
            addresses: self.addresses,
            attempts: self.attempts,
            connected: self.connected,
            seen: self.seen,
            secured: self.secured,
            announced: self.announced,
            cause,
        }
    }
}
