//! What an observer of the host hears.

use std::fmt;
use std::time::Duration;

/// A program of an external builder.
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

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepOutcome {
    /// The program exited with status 0.
    Success,
    /// It did not; the text is a peer's, for example `exit status 1`.
    Failure(String),
}

/// Something that the host did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildEvent<'a> {
    /// The package was built before; no program runs.
    CacheHit {
        /// The builder that built it.
        builder: &'a str,
    },
    /// A program is about to start.
    StepStarted {
        /// The builder it belongs to.
        builder: &'a str,
        /// Which program.
        step: BuilderStep,
    },
    /// A program wrote a line, which a peer logs at level INFO.
    StderrLine {
        /// The builder it belongs to; a peer's logger is `chaincode.externalbuilder.<name>`.
        builder: &'a str,
        /// Which program; a peer's log has it as `command=<program>`.
        step: BuilderStep,
        /// The line without its end; what is not UTF-8 is replaced.
        line: &'a str,
    },
    /// A line was longer than a peer reads: nothing further on stderr is seen.
    StderrStopped {
        /// The builder it belongs to.
        builder: &'a str,
        /// Which program.
        step: BuilderStep,
        /// The peer's log text.
        reason: &'static str,
    },
    /// A program has ended.
    StepEnded {
        /// The builder it belongs to.
        builder: &'a str,
        /// Which program.
        step: BuilderStep,
        /// How it ended.
        outcome: StepOutcome,
        /// From its start to the end of its process and its stderr.
        duration: Duration,
    },
    /// The builder has no executable `release`.
    ReleaseSkipped {
        /// The builder.
        builder: &'a str,
    },
}
