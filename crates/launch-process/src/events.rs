//! What a launch waits for.

use std::fs::File;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use ccs_launch::{ExitCode, Failure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Something that happens while a launch lives.
#[derive(Debug)]
pub(crate) enum Event {
    /// SIGTERM or SIGINT.
    Stop,
    /// The process that was started has ended, and waits to be collected.
    Ended,
    /// The lock is ours.
    Locked(std::io::Result<File>),
}

/// The events, in the order in which they happen.
#[derive(Debug)]
pub(crate) struct Events {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
}

impl Events {
    /// Starts to listen; from now on the signals no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let (sender, receiver) = mpsc::channel();
        let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(|error| {
            Failure::new(ExitCode::InputOutput, format!("cannot wait for SIGTERM: {error}"))
        })?;
        let teller = sender.clone();
        thread::spawn(move || {
            for _ in signals.forever() {
                if teller.send(Event::Stop).is_err() {
                    return;
                }
            }
        });
        Ok(Self { sender, receiver })
    }

    /// Runs something on a thread of its own, whose result is an event.
    pub(crate) fn later(&self, event: impl FnOnce() -> Event + Send + 'static) {
        let sender = self.sender.clone();
        thread::spawn(move || {
            let _ = sender.send(event());
        });
    }

    /// Waits for the next event, at most until `end`.
    pub(crate) fn next_until(&self, end: Instant) -> Option<Event> {
        self.next_within(end.saturating_duration_since(Instant::now()))
    }

    /// Waits for the next event, for as long as is said.
    pub(crate) fn next_within(&self, time: Duration) -> Option<Event> {
        // This end has a sender itself, so that the channel is never disconnected.
        self.receiver.recv_timeout(time).ok()
    }
}
