//! The caller that starts chaincode which the peer dials.

use std::time::Duration;

use ccs_launch::{ExitCode, Failure};

use crate::Stop;

/// How often to check whether a command was stopped.
const PULSE: Duration = Duration::from_millis(100);

/// The caller of a start, which can stop it.
#[derive(Clone, Copy)]
pub enum Caller<'a> {
    /// A build of the peer: a signal or the death of the peer stops it.
    Build,
    /// A command that maintains chaincode: it stops when this returns true.
    Command(&'a dyn Fn() -> bool),
}

/// The event that stops a start.
pub enum Listening<'a> {
    /// A signal, or the death of the peer.
    Build(Stop),
    /// The command itself.
    Command(&'a dyn Fn() -> bool),
}

impl<'a> Caller<'a> {
    /// Starts listening for signals.
    pub fn listen(self) -> Result<Listening<'a>, Failure> {
        Ok(match self {
            Self::Build => Listening::Build(Stop::listen()?),
            Self::Command(is_stopped) => Listening::Command(is_stopped),
        })
    }

    /// Returns the failure of a start that was stopped.
    #[must_use]
    pub fn stopped(self) -> Failure {
        match self {
            Self::Build => Failure::new(ExitCode::Stopped, "the peer has stopped the build")
                .with_hint("install the package again"),
            Self::Command(_) => Failure::new(
                ExitCode::Stopped,
                "a signal has stopped the command before the chaincode was ready",
            )
            .with_hint("run ccs launch reconcile again"),
        }
    }

    /// Tells whether a failure after the chaincode is ready removes it again.
    #[must_use]
    pub fn removes_what_is_ready(self) -> bool {
        matches!(self, Self::Build)
    }
}

impl Listening<'_> {
    /// Waits for the event that stops the start.
    pub async fn received(&mut self) {
        match self {
            Self::Build(stop) => stop.received().await,
            Self::Command(is_stopped) => {
                while !is_stopped() {
                    tokio::time::sleep(PULSE).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_stopped_when_it_says_so_and_does_not_speak_of_a_build() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let asked = std::cell::Cell::new(0);
        let is_stopped = || asked.replace(asked.get() + 1) == 1;
        let caller = Caller::Command(&is_stopped);
        runtime.block_on(caller.listen().unwrap().received());
        assert_eq!(asked.get(), 2);
        let line = caller.stopped().line();
        assert!(line.starts_with("error 48 "), "{line}");
        assert!(line.ends_with("hint: run ccs launch reconcile again"), "{line}");
        assert!(!line.contains("build"), "{line}");
        assert!(!caller.removes_what_is_ready() && Caller::Build.removes_what_is_ready());
    }
}
