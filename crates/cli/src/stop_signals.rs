//! The signals that end a continuous command: SIGINT and SIGTERM.

use std::thread;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;
use crate::output;

/// It catches them from its creation, so a later signal is neither lost nor ends the process abruptly.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Starts catching them; requires a tokio runtime.
    pub(crate) fn catch() -> Result<Self, Failure> {
        let caught =
            |kind| signal(kind).map_err(|error| Failure::new(format!("cannot catch signals: {error}")));
        Ok(Self { interrupt: caught(SignalKind::interrupt())?, terminate: caught(SignalKind::terminate())? })
    }

    /// Waits for a signal.
    pub(crate) async fn received(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Calls a function in another thread when a signal arrives.
pub(crate) fn on_stop(act: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let runtime = output::runtime()?;
    let signals = {
        let _within = runtime.enter();
        StopSignals::catch()?
    };
    thread::spawn(move || {
        runtime.block_on(signals.received());
        act();
    });
    Ok(())
}
