//! The events for which a launch waits.

use std::fs::File;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use ccs_launch::{ExitCode, Failure};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// An event during a launch.
#[derive(Debug)]
pub(crate) enum Event {
    /// SIGTERM or SIGINT.
    Stop,
    /// The started process has ended, and its exit status can be read.
    Ended,
    /// This launch has the lock.
    Locked(std::io::Result<File>),
}

/// The events, in the order in which they happen.
#[derive(Debug)]
pub(crate) struct Events {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
}

impl Events {
    /// Starts listening. From now on, the signals no longer end the process by themselves.
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

    /// Runs a function on a new thread; its result is an event.
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

    /// Waits for the next event, at most for the given time.
    pub(crate) fn next_within(&self, time: Duration) -> Option<Event> {
        // This end also holds a sender, so the channel is never disconnected.
        self.receiver.recv_timeout(time).ok()
    }
}
