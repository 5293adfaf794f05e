//! Notes what happens during an attempt, and makes the report of it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::cause::{Cause, ClientCertificate};
use super::report::{Report, StepReport, Verdict};
use super::step::{ProbeError, Step};
use crate::connection::progress::Progress;
use crate::connection::{Attempt, Secured, Seen};

#[derive(Default)]
pub(super) struct Record {
    current: Option<(Step, Instant)>,
    gone: Vec<(Step, Duration)>,
    addresses: Vec<SocketAddr>,
    attempts: Vec<Attempt>,
    connected: Option<SocketAddr>,
    seen: Seen,
    secured: Option<Secured>,
    announced: Option<String>,
}

impl Record {
    /// Ends the step before and begins one.
    pub(super) fn begin(&mut self, step: Step) {
        self.end();
        self.current = Some((step, Instant::now()));
    }

    /// Ends the step, if there is one.
    pub(super) fn end(&mut self) {
        self.gone.extend(self.current.take().map(|(step, began)| (step, began.elapsed())));
    }

    pub(super) fn announced(&mut self, id: &str) {
        self.announced = Some(id.to_owned());
    }

    pub(super) fn note(&mut self, progress: Progress<'_>) {
        match progress {
            Progress::Begun(stage) => self.begin(Step::of(stage)),
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

    /// Makes the report of an attempt that was to end with the step `last`; `given` tells whether there was a client
    /// certificate to present.
    pub(super) fn report(mut self, mut error: Option<ProbeError>, last: Step, given: bool) -> Report {
        self.end();
        let client = ClientCertificate { asked_for: self.seen.asked_for_client.is_some(), given };
        let cause = error.as_ref().map(|error| Cause::of(error, client));
        let failed = error.as_ref().map(ProbeError::step);
        let steps = Step::ALL.into_iter().map(|step| {
            let gone = self.gone.iter().find(|(other, _)| *other == step).filter(|_| step <= last);
            let verdict = match error.take_if(|_| failed == Some(step)) {
                Some(error) => Verdict::Failed(error),
                None if gone.is_some() && failed.is_none_or(|failed| step < failed) => Verdict::Ok,
                None => Verdict::Skipped,
            };
            let took = match verdict {
                Verdict::Skipped => Duration::ZERO,
                Verdict::Ok | Verdict::Failed(_) => gone.map(|(_, took)| *took).unwrap_or_default(),
            };
            StepReport { step, verdict, took }
        });
        Report {
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
