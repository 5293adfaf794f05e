//! Events that stop a launch: a signal from the peer or a person, or the death of the peer, which sends no signal.

use std::time::Duration;

use ccs_launch::{ExitCode, Failure};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Peer;

/// How often to check whether the peer is alive.
const PULSE: Duration = Duration::from_millis(500);

/// The events that stop a launch.
#[derive(Debug)]
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
    peer: Peer,
}

impl Stop {
    /// Starts listening. From now on, the signals no longer end the process by themselves.
    pub fn listen() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|error| {
                Failure::new(ExitCode::InputOutput, format!("cannot wait for signals: {error}"))
            })
        };
        Ok(Self {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            peer: Peer::of_this_process(),
        })
    }

    /// Waits for an event that stops the launch.
    pub async fn received(&mut self) {
        let gone = async {
            while !self.peer.is_gone() {
                tokio::time::sleep(PULSE).await;
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = gone => {}
        }
    }
}
