//! Errors of the engine, and their meaning.

use std::error::Error as _;
use std::io::ErrorKind;

use bollard::errors::Error;
use ccs_launch::{ExitCode, Failure};

/// The maximum number of quoted characters of an engine's message.
const LONGEST: usize = 500;

/// A call that failed.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The HTTP status; [`None`] without an answer.
    pub(crate) status: Option<u16>,
    /// The message of the engine, or the error.
    pub(crate) message: String,
    /// Whether this user has no permission to connect to the engine.
    is_forbidden: bool,
    /// Whether no engine answered, which may be temporary.
    is_unanswered: bool,
    /// The TLS error, if any.
    handshake: Option<Handshake>,
}

/// A TLS error, which is permanent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handshake {
    /// The engine rejects the certificate of the launcher.
    Rejected,
    /// The launcher rejects the engine's certificate, or the engine does not use TLS.
    Failed,
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
        let is_denied = io_error(error).is_some_and(|io| io.kind() == ErrorKind::PermissionDenied);
        let handshake = handshake(error);
        Self {
            is_forbidden: matches!(status, Some(401 | 403)) || is_denied,
            is_unanswered: status.is_none() && !is_denied && handshake.is_none(),
            handshake,
            status,
            message,
        }
    }

    /// Tells whether the object of the call does not exist.
    pub(crate) fn is_missing(&self) -> bool {
        self.status == Some(404)
    }

    /// Tells whether the call may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        self.is_unanswered
    }

    /// Tells whether the engine's message contains one of these texts, ignoring case.
    pub(crate) fn says(&self, texts: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        texts.iter().any(|text| message.contains(text))
    }

    /// Returns the failure of a call; `code` is for errors that are specific to this call.
    pub(crate) fn failure(&self, attempt: &str, code: ExitCode, hint: &str) -> Failure {
        let reason = format!("cannot {attempt}: {}", self.message);
        if self.is_forbidden {
            return Failure::new(ExitCode::Forbidden, reason)
                .with_hint("let the user of the peer use the engine: the group of its socket, or a plug-in that authorizes");
        }
        match self.handshake {
            Some(Handshake::Rejected) => {
                return Failure::new(ExitCode::Forbidden, reason).with_hint(
                    "docker.tls in launch.yaml names a certificate that the CA of the engine (dockerd --tlscacert) has issued for clients",
                );
            }
            Some(Handshake::Failed) => {
                return Failure::new(ExitCode::Settings, reason).with_hint(
                    "docker.tls.ca in launch.yaml names the CA that has issued the engine's certificate for the host in docker.host; \
                     an engine without TLS is named without docker.tls",
                );
            }
            None => {}
        }
        if self.is_unanswered {
            return Failure::new(ExitCode::Unreachable, reason)
                .with_hint("see whether the engine runs, and where: docker.host in launch.yaml names it");
        }
        Failure::new(code, reason).with_hint(hint)
    }
}

/// Returns the text of the innermost cause, because the outer ones only say that something failed.
fn innermost(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}

/// Returns the system's error behind an error.
fn io_error(error: &Error) -> Option<&std::io::Error> {
    // Such an error is transparent: it has the text of its cause, but does not return the cause as its source.
    if let Error::IOError { err } = error {
        return Some(err);
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return Some(io);
        }
        source = cause.source();
    }
    None
}

/// Returns the TLS error, if this is why there was no answer.
fn handshake(error: &Error) -> Option<Handshake> {
    // `source` of an `io::Error` skips the inner error; and the inner error may be another `io::Error`.
    let mut held = io_error(error)?.get_ref()?;
    while let Some(inner) = held.downcast_ref::<std::io::Error>() {
        held = inner.get_ref()?;
    }
    match held.downcast_ref()? {
        rustls::Error::AlertReceived(_) => Some(Handshake::Rejected),
        _ => Some(Handshake::Failed),
    }
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

    #[test]
    fn a_handshake_that_fails_does_not_pass_by_waiting() {
        let refusal = |error: rustls::Error| {
            let inner = std::io::Error::other(error);
            Refusal::of(&Error::from(std::io::Error::other(inner)))
        };
        let line = |refusal: &Refusal| refusal.failure("use it", ExitCode::Unreachable, "look").line();
        let rejected = refusal(rustls::Error::AlertReceived(rustls::AlertDescription::BadCertificate));
        assert!(line(&rejected).starts_with("error 42 forbidden: cannot use it: "), "{}", line(&rejected));
        assert!(
            line(&rejected).contains("; hint: docker.tls in launch.yaml names a certificate that the CA")
        );
        let failed = refusal(rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType));
        assert!(line(&failed).starts_with("error 24 launch settings: cannot use it: "), "{}", line(&failed));
        assert!(!rejected.may_pass() && !failed.may_pass());
    }
}
