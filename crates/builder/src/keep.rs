//! `ccs-builder install DIR --every DURATION`: keeps the programs installed until the process receives a
//! signal.
//!
//! It is meant for a sidecar container of the peer: a container with a new image starts again and installs
//! the new programs, and each check repairs any other change of the folder.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

use crate::Error;
use crate::install::{Order, install, outdated};

/// A handler for SIGTERM and SIGINT.
///
/// The first process of a container receives neither signal unless it installs a handler.
#[derive(Debug)]
pub struct Stop(UnixStream);

impl Stop {
    /// Installs the handler; from now on the signals no longer end the process directly.
    pub fn on_signals() -> Result<Self, Error> {
        let register = || {
            let (told, teller) = UnixStream::pair()?;
            for signal in [SIGTERM, SIGINT] {
                pipe::register(signal, teller.try_clone()?)?;
            }
            Ok(Self(told))
        };
        register().map_err(Error::Signals)
    }

    /// Waits until a signal arrives or `time` has passed; returns whether a signal arrived.
    fn comes_within(&mut self, time: Duration) -> Result<bool, Error> {
        self.0.set_read_timeout(Some(time)).map_err(Error::Signals)?;
        loop {
            match self.0.read(&mut [0]) {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                // The handler ran during the wait, and has written by now.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Signals(error)),
            }
        }
    }
}

/// Checks the installed programs at each interval, and reinstalls those that are missing or changed.
///
/// Ends at a signal, or with the first error: the container runtime restarts the process and reports its
/// failure.
pub fn keep(order: &Order, every: Duration, stop: &mut Stop, tell: impl Fn(&str)) -> Result<(), Error> {
    while !stop.comes_within(every)? {
        let outdated = outdated(order)?;
        if !outdated.is_empty() {
            install(order)?;
            tell(&format!("reinstalled missing or changed programs: {}", outdated.join(", ")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_signal_the_wait_ends_by_itself() {
        let (told, teller) = UnixStream::pair().unwrap();
        let mut stop = Stop(told);
        assert!(!stop.comes_within(Duration::from_millis(1)).unwrap());
        drop(teller);
        assert!(stop.comes_within(Duration::from_mins(1)).unwrap());
    }
}
