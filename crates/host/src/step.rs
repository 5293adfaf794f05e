//! Runs a program of a builder, until its process has ended and its stderr is closed.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::BufReader;
use tokio::process::{Child, Command};

use crate::builder::{Environment, ExternalBuilder};
use crate::event::{BuildEvent, BuilderStep, StepOutcome};
use crate::stderr::{self, End};

/// Time limits where a real peer has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildLimits {
    /// For a whole build. A peer's `chaincode.installTimeout`, 300 s by default, also ends its wait, but not the
    /// program.
    pub install: Duration,
    /// For other processes to close stderr after the program has exited. A peer waits forever.
    pub held_stderr: Duration,
    /// For the program to exit after the host has stopped reading its stderr. A peer waits forever.
    pub unread_stderr: Duration,
}

impl Default for BuildLimits {
    fn default() -> Self {
        Self {
            install: Duration::from_mins(5),
            held_stderr: Duration::from_secs(5),
            unread_stderr: Duration::from_secs(10),
        }
    }
}

/// Failure of a program, in a peer's words where it has some.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFailure {
    /// The program could not be started.
    #[error("fork/exec {}: {reason}", program.display())]
    Start {
        /// Path of the program.
        program: PathBuf,
        /// Error of the system.
        reason: String,
    },
    /// The program exited with a status other than 0.
    #[error("exit status {0}")]
    ExitStatus(i32),
    /// The program was ended by a signal.
    #[error("signal: {}", signal_name(*.0))]
    Signal(i32),
    /// The program's exit status could not be read.
    #[error("could not wait for the program: {0}")]
    Wait(String),
    /// The program exited, but a process that it started keeps stderr open.
    #[error("the program exited but a process it started still holds its stderr after {after:?}")]
    HeldStderr {
        /// Time that the host waited.
        after: Duration,
    },
    /// A line was too long, so the host no longer reads stderr, and the program does not exit.
    #[error(
        "the program is still running {after:?} after its stderr was ignored because of a line of more than 64 KiB"
    )]
    UnreadStderr {
        /// Time that the host waited.
        after: Duration,
    },
}

impl StepFailure {
    /// Returns whether a real peer would still be waiting.
    pub(crate) fn is_hang(&self) -> bool {
        matches!(self, Self::HeldStderr { .. } | Self::UnreadStderr { .. })
    }

    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Start { .. } => {
                "the program must exist, be executable, and find its interpreter or loader in the peer's image"
            }
            Self::ExitStatus(_) | Self::Signal(_) => "see the program's output on stderr",
            Self::Wait(_) => return None,
            Self::HeldStderr { .. } => {
                "a peer would wait forever; do not start processes in the background, or redirect their stderr"
            }
            Self::UnreadStderr { .. } => "a peer would wait forever; write shorter lines to stderr",
        };
        Some(hint.to_owned())
    }
}

/// Program to run.
pub(crate) struct Call<'a> {
    pub(crate) builder: &'a ExternalBuilder,
    pub(crate) step: BuilderStep,
    pub(crate) arguments: &'a [PathBuf],
}

/// Runs programs and reports events to an observer.
pub(crate) struct Runner<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) limits: BuildLimits,
    pub(crate) observer: &'a mut (dyn FnMut(BuildEvent<'_>) + Send),
}

impl Runner<'_> {
    /// Runs a program until it ends.
    pub(crate) async fn run(&mut self, call: Call<'_>) -> Result<(), StepFailure> {
        let (builder, step) = (call.builder.name.as_str(), call.step);
        (self.observer)(BuildEvent::StepStarted { builder, step });
        let start = Instant::now();
        let result = self.run_unobserved(&call).await;
        let outcome = match &result {
            Ok(()) => StepOutcome::Success,
            Err(failure) => StepOutcome::Failure(failure.to_string()),
        };
        (self.observer)(BuildEvent::StepEnded { builder, step, outcome, duration: start.elapsed() });
        result
    }

    /// Runs a program until it ends. When `stop` completes, sends SIGTERM, and SIGKILL if it has not ended within a
    /// time limit.
    pub(crate) async fn run_until(
        &mut self,
        call: Call<'_>,
        stop: impl Future<Output = ()>,
        termination: Duration,
    ) -> Result<(), StepFailure> {
        let mut child = self.start(&call)?;
        let process = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let Some(stderr) = child.stderr.take() else { return Ok(()) };
        let mut following = std::pin::pin!(self.follow(&call, &mut child, BufReader::new(stderr)));
        let status = tokio::select! {
            status = &mut following => return judge(status?),
            () = stop => {
                if let Some(process) = process {
                    // An error means that the process has just ended.
                    let _ = kill_process(process, Signal::TERM);
                }
                tokio::time::timeout(termination, following).await
            }
        };
        // Without a status, the program is killed when `child` is dropped.
        status.map_or(Err(StepFailure::Signal(9)), |status| judge(status?))
    }

    async fn run_unobserved(&mut self, call: &Call<'_>) -> Result<(), StepFailure> {
        let mut child = self.start(call)?;
        let status = match child.stderr.take() {
            Some(stderr) => self.follow(call, &mut child, BufReader::new(stderr)).await?,
            None => child.wait().await.map_err(|error| StepFailure::Wait(error.to_string()))?,
        };
        judge(status)
    }

    fn start(&self, call: &Call<'_>) -> Result<Child, StepFailure> {
        let program = call.builder.program(call.step);
        let mut command = Command::new(&program);
        command
            .args(call.arguments)
            .env_clear()
            .envs(call.builder.environment(self.environment))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().map_err(|error| StepFailure::Start { program, reason: error.to_string() })
    }

    /// Passes lines on until stderr is closed and the process has exited.
    async fn follow(
        &mut self,
        call: &Call<'_>,
        child: &mut Child,
        mut stderr: BufReader<tokio::process::ChildStderr>,
    ) -> Result<ExitStatus, StepFailure> {
        let (builder, step, limits) = (call.builder.name.as_str(), call.step, self.limits);
        let wait_error = |error: std::io::Error| StepFailure::Wait(error.to_string());
        let (status, end) = {
            let on_line = |line: &str| (self.observer)(BuildEvent::StderrLine { builder, step, line });
            let mut reading = std::pin::pin!(stderr::read_lines(&mut stderr, on_line));
            tokio::select! {
                end = &mut reading => (None, end),
                status = child.wait() => {
                    let held = StepFailure::HeldStderr { after: limits.held_stderr };
                    let end = tokio::time::timeout(limits.held_stderr, reading).await.map_err(|_| held)?;
                    (Some(status.map_err(wait_error)?), end)
                }
            }
        };
        if end == End::TooLong {
            (self.observer)(BuildEvent::StderrStopped { builder, step, reason: stderr::TOO_LONG });
        }
        // Keep `stderr` open until here: as under a peer, a program that continues to write must block instead of
        // being killed.
        match (status, end) {
            (Some(status), _) => Ok(status),
            (None, End::Closed) => child.wait().await.map_err(wait_error),
            (None, End::TooLong) => match tokio::time::timeout(limits.unread_stderr, child.wait()).await {
                Ok(status) => status.map_err(wait_error),
                Err(_) => Err(StepFailure::UnreadStderr { after: limits.unread_stderr }),
            },
        }
    }
}

fn judge(status: ExitStatus) -> Result<(), StepFailure> {
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(StepFailure::ExitStatus(code)),
        (None, signal) => Err(StepFailure::Signal(signal.unwrap_or_default())),
    }
}

/// Returns the name of a signal as in Go; for rare ones, the number.
fn signal_name(signal: i32) -> String {
    const NAMES: [(i32, &str); 7] = [
        (2, "interrupt"),
        (4, "illegal instruction"),
        (6, "aborted"),
        (7, "bus error"),
        (9, "killed"),
        (11, "segmentation fault"),
        (15, "terminated"),
    ];
    let known = NAMES.iter().find(|(number, _)| *number == signal);
    known.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}
