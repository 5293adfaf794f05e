//! Events for observers of the host.

use std::fmt;
use std::time::Duration;

/// Program of an external builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuilderStep {
    /// `detect SRC METADATA`
    Detect,
    /// `build SRC METADATA BLD`
    Build,
    /// `release BLD RELEASE`
    Release,
    /// `run BLD RUNMETA`
    Run,
}

impl BuilderStep {
    /// Returns the program's file name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Build => "build",
            Self::Release => "release",
            Self::Run => "run",
        }
    }
}

impl fmt::Display for BuilderStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Result of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The program exited with status 0.
    Success,
    /// The program failed. The text is a peer's, for example `exit status 1`.
    Failure(String),
}

/// Event on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildEvent<'a> {
    /// The package was already built, so no program runs.
    CacheHit {
        /// Name of the builder that built it.
        builder: &'a str,
    },
    /// A program is about to start.
    StepStarted {
        /// Name of the builder.
        builder: &'a str,
        /// Program that starts.
        step: BuilderStep,
    },
    /// A program wrote a line to stderr, which a peer logs at level INFO.
    StderrLine {
        /// Name of the builder; a peer's logger is `chaincode.externalbuilder.<name>`.
        builder: &'a str,
        /// Program that wrote the line; a peer logs it as `command=<program>`.
        step: BuilderStep,
        /// Line without its end. Invalid UTF-8 is replaced.
        line: &'a str,
    },
    /// A line was longer than a peer's limit, so the rest of stderr is ignored.
    StderrStopped {
        /// Name of the builder.
        builder: &'a str,
        /// Program that wrote the line.
        step: BuilderStep,
        /// Log message of a peer.
        reason: &'static str,
    },
    /// A program has ended.
    StepEnded {
        /// Name of the builder.
        builder: &'a str,
        /// Program that ended.
        step: BuilderStep,
        /// Result of the program.
        outcome: StepOutcome,
        /// Time from its start until its process has ended and its stderr is closed.
        duration: Duration,
    },
    /// The builder has no executable `release`.
    ReleaseSkipped {
        /// Name of the builder.
        builder: &'a str,
    },
}
