//! What an error of the engine means.

use std::error::Error as _;
use std::io::ErrorKind;

use bollard::errors::Error;
use ccs_launch::{ExitCode, Failure};

/// How much of an engine's message is quoted, in characters.
const LONGEST: usize = 500;

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// What the engine answered; [`None`] when there was no answer.
    pub(crate) status: Option<u16>,
    /// What it said, or what went wrong.
    pub(crate) message: String,
    /// Whether the system does not let this user speak to the engine.
    is_forbidden: bool,
    /// Whether no engine answered, which may pass.
    is_unanswered: bool,
}

impl Refusal {
    /// Reads an error of the library.
    pub(crate) fn of(error: &Error) -> Self {
        let (status, message) = match error {
            Error::DockerResponseServerError { status_code, message } => {
                (Some(*status_code), message.clone())
            }
            Error::DockerStreamError { error } => (Some(500), error.clone()),
            other => (None, innermost(other)),
        };
        let mut message: String = message.trim().chars().take(LONGEST).collect();
        if message.is_empty() {
            message = error.to_string();
        }
        let io = io_kind(error);
        Self {
            is_forbidden: matches!(status, Some(401 | 403)) || io == Some(ErrorKind::PermissionDenied),
            is_unanswered: status.is_none() && io != Some(ErrorKind::PermissionDenied),
            status,
            message,
        }
    }

    /// Tells whether the object of the call is not there.
    pub(crate) fn is_missing(&self) -> bool {
        self.status == Some(404)
    }

    /// Tells whether the call may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        self.is_unanswered
    }

    /// Tells whether the engine said one of these texts, in any case.
    pub(crate) fn says(&self, texts: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        texts.iter().any(|text| message.contains(text))
    }

    /// Returns the failure of a call, with the code for reasons that only this call has.
    pub(crate) fn failure(&self, attempt: &str, code: ExitCode, hint: &str) -> Failure {
        let reason = format!("cannot {attempt}: {}", self.message);
        if self.is_forbidden {
            return Failure::new(ExitCode::Forbidden, reason)
                .with_hint("let the user of the peer use the engine: the group of its socket, or a plug-in that authorizes");
        }
        if self.is_unanswered {
            return Failure::new(ExitCode::Unreachable, reason)
                .with_hint("see whether the engine runs, and where: docker.host in launch.yaml names it");
        }
        Failure::new(code, reason).with_hint(hint)
    }
}

/// Returns the text of the cause that lies deepest: those above it only say that something below failed.
fn innermost(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}

fn io_kind(error: &Error) -> Option<ErrorKind> {
    // Such an error is transparent: it has the text of its cause, and not the cause as its source.
    if let Error::IOError { err } = error {
        return Some(err.kind());
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = cause.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status_code: u16, message: &str) -> Refusal {
        Refusal::of(&Error::DockerResponseServerError { status_code, message: message.to_owned() })
    }

    #[test]
    fn the_code_is_that_of_the_call_unless_the_engine_cannot_be_used() {
        let line = |refusal: &Refusal| refusal.failure("create it", ExitCode::Settings, "look").line();
        let refusal = answered(400, "bad parameter\n");
        assert_eq!(line(&refusal), "error 24 launch settings: cannot create it: bad parameter; hint: look");
        assert!(!refusal.may_pass());
        assert!(line(&answered(403, "authorization denied by plugin")).starts_with("error 42 forbidden: "));
        let denied = Refusal::of(&Error::from(std::io::Error::from(ErrorKind::PermissionDenied)));
        assert!(
            line(&denied)
                .starts_with("error 42 forbidden: cannot create it: permission denied; hint: let the user")
        );
        assert!(!denied.may_pass());
        let missing = Refusal::of(&Error::SocketNotFoundError("/x".to_owned()));
        assert_eq!(
            line(&missing),
            "error 41 platform unreachable: cannot create it: Socket not found: /x; hint: see whether the engine runs, and \
             where: docker.host in launch.yaml names it"
        );
        assert!(missing.may_pass() && Refusal::of(&Error::RequestTimeoutError).may_pass());
    }
}
