//! The failure of a command: one message, one hint, one exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use ccs_builder::ExitCode as Code;
use ccs_devnet::deployment::DeploymentError;
use ccs_package::disk::DiskError;
use ccs_package_tools::refusal;

use crate::progress;
use crate::style;

/// The default code of a failure.
pub(crate) const FAILED: u8 = 1;

/// The code for an invalid command line, as in clap.
pub(crate) const USAGE: u8 = 2;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    hint: Option<String>,
    next: Option<String>,
    code: u8,
}

impl Failure {
    /// Fails with a message in lower case.
    pub(crate) fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), hint: None, next: None, code: FAILED }
    }

    /// Fails without a message, because the result on standard output contains the reason.
    pub(crate) fn silent(code: u8) -> Self {
        Self { message: String::new(), hint: None, next: None, code }
    }

    /// Fails with an error and its causes, each printed once.
    pub(crate) fn from_error(error: &dyn Error) -> Self {
        Self::new(ccs_builder::report::chain(error))
    }

    /// Adds the subject of the message.
    #[must_use]
    pub(crate) fn about(mut self, subject: &str) -> Self {
        self.message = format!("{subject}: {}", self.message);
        self
    }

    /// Adds a hint.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds the next command to type.
    #[must_use]
    pub(crate) fn next(mut self, command: impl Into<Option<String>>) -> Self {
        self.next = command.into();
        self
    }

    /// Sets an exit code that is not in the builder's table.
    #[must_use]
    pub(crate) fn with_number(mut self, number: u8) -> Self {
        self.code = number;
        self
    }

    /// Sets an exit code of the builder's table; [`None`] keeps the default.
    #[must_use]
    pub(crate) fn with_code(mut self, code: impl Into<Option<Code>>) -> Self {
        self.code = code.into().map_or(FAILED, Code::number);
        self
    }

    /// Returns the message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the number of the exit code.
    pub(crate) fn number(&self) -> u8 {
        self.code
    }

    /// Returns the exit code.
    pub(crate) fn code(&self) -> ExitCode {
        self.code.into()
    }

    /// Returns the failure for `--json`.
    pub(crate) fn document(&self) -> impl serde::Serialize {
        serde_json::json!({
            "message": self.message,
            "hint": self.hint,
            "next": self.next,
            "exit_code": self.code,
        })
    }

    /// Writes the message, the hint and the next command to stderr.
    pub(crate) fn print(&self) {
        if self.message.is_empty() {
            return;
        }
        let bad = style::BAD;
        anstream::eprintln!("{bad}error:{bad:#} {}", style::safe(&self.message));
        if let Some(hint) = &self.hint {
            let name = style::NAME;
            anstream::eprintln!("{name}hint:{name:#} {}", style::safe(hint));
        }
        if let Some(command) = &self.next {
            progress::print_next(command);
        }
    }
}

impl From<ccs_builder::Error> for Failure {
    fn from(error: ccs_builder::Error) -> Self {
        Self::from_error(&error).hint(error.hint()).with_code(error.code())
    }
}

impl From<DeploymentError> for Failure {
    fn from(error: DeploymentError) -> Self {
        match error {
            DeploymentError::Disk(error) => Self::from(error),
            error => Self::from_error(&error).hint(error.hint()),
        }
    }
}

impl From<ccs_disk::Error> for Failure {
    fn from(error: ccs_disk::Error) -> Self {
        Self::from_error(&error).hint(error.hint()).with_code(Code::InputOutput)
    }
}

impl From<ccs_doctor::Error> for Failure {
    fn from(error: ccs_doctor::Error) -> Self {
        match error {
            ccs_doctor::Error::Package(error) => error.into(),
            ccs_doctor::Error::Yaml { .. } => {
                Self::from_error(&error).hint(error.hint()).with_number(ccs_doctor::UNHEALTHY)
            }
            _ => Self::from_error(&error).hint(error.hint()).with_code(error.code()),
        }
    }
}

impl From<ccs_launch::Failure> for Failure {
    fn from(failure: ccs_launch::Failure) -> Self {
        let hint = failure.hint().map(str::to_owned);
        Self::new(&failure).hint(hint).with_number(failure.code().number())
    }
}

impl From<ccs_package_tools::Error> for Failure {
    fn from(error: ccs_package_tools::Error) -> Self {
        match error {
            ccs_package_tools::Error::Launch(failure) => failure.into(),
            error => Self::from_error(&error).hint(error.hint()).with_code(error.code()),
        }
    }
}

impl From<ccs_peer_volume::Error> for Failure {
    fn from(error: ccs_peer_volume::Error) -> Self {
        Self::from_error(&error).hint(error.hint()).next(error.next()).with_code(error.code())
    }
}

impl From<ccs_probe::Error> for Failure {
    fn from(error: ccs_probe::Error) -> Self {
        let failure = Self::from_error(&error).hint(error.hint());
        match error {
            ccs_probe::Error::TlsOfFile(_) => failure.with_number(USAGE),
            ccs_probe::Error::MissingKey { ref next, .. } => {
                failure.with_code(error.code()).next(next.clone())
            }
            _ => failure.with_code(error.code()),
        }
    }
}

impl From<ccs_shim_env::Error> for Failure {
    fn from(error: ccs_shim_env::Error) -> Self {
        Self::from_error(&error).hint(error.hint()).with_code(error.code())
    }
}

impl From<ccs_tls::Error> for Failure {
    fn from(error: ccs_tls::Error) -> Self {
        Self::from_error(&error).hint(error.hint()).with_code(error.code())
    }
}

impl From<DiskError> for Failure {
    fn from(error: DiskError) -> Self {
        let failure = Self::new(&error).hint(error.hint());
        match &error {
            DiskError::Read { error, .. } | DiskError::Package(error) => failure.with_code(refusal(error)),
            _ => failure.with_code(Code::InputOutput),
        }
    }
}
