//! `ccs-builder install DIR --every DURATION`: keeps the programs in place until the process is told to stop.
//!
//! For a container beside the peer: when its image changes, it starts again and installs the programs of the new one,
//! and what else happens to the folder is put right at the next look.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

use crate::Error;
use crate::install::{install, outdated};

/// Hears SIGTERM and SIGINT.
///
/// The first process of a container gets neither unless it asks for them.
#[derive(Debug)]
pub struct Stop(UnixStream);

impl Stop {
    /// Asks for the signals; from now on they no longer end the process by themselves.
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

    /// Waits for as long as is said, or until a signal comes; tells whether one came.
    fn comes_within(&mut self, time: Duration) -> Result<bool, Error> {
        self.0.set_read_timeout(Some(time)).map_err(Error::Signals)?;
        loop {
            match self.0.read(&mut [0]) {
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                // The handler ran in the middle of the wait, and has written by now.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Signals(error)),
            }
        }
    }
}

/// Looks at installed programs again and again, and installs them where they are not what they should be.
///
/// Ends when told to stop, or with the first error: whoever started the process starts it again and sees that it failed.
pub fn keep(folder: &Path, every: Duration, stop: &mut Stop, tell: impl Fn(&str)) -> Result<(), Error> {
    while !stop.comes_within(every)? {
        let outdated = outdated(folder)?;
        if !outdated.is_empty() {
            install(folder)?;
            tell(&format!("installed again, as these were missing or changed: {}", outdated.join(", ")));
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
