//! What stops a session: a signal from the peer or a person, or the death of the peer, which sends no signal.

use std::os::unix::process::parent_id;
use std::time::Duration;

use ccs_launch::{ExitCode, Failure};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often to look whether the peer lives.
const PULSE: Duration = Duration::from_millis(500);

/// What stops a session.
pub(crate) struct Stop {
    terminate: Signal,
    interrupt: Signal,
    parent: u32,
}

impl Stop {
    /// Begins to wait for signals.
    pub(crate) fn new() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|error| {
                Failure::new(ExitCode::InputOutput, format!("cannot wait for signals: {error}"))
            })
        };
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            parent: parent_id(),
        })
    }

    /// Waits until the session is to stop.
    pub(crate) async fn received(&mut self) {
        let orphaned = async {
            while parent_id() == self.parent {
                tokio::time::sleep(PULSE).await;
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = orphaned => {}
        }
    }
}
