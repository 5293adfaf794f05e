//! Maps each failure of a probe to one of a stable list of causes.

use std::io::ErrorKind;

use rustls::{AlertDescription, CertificateError};

use super::step::ProbeError;
use crate::connection::{Stage, StageError};
use crate::register::End;

macro_rules! causes {
    ($($(#[$doc:meta])* $cause:ident = $code:literal,)*) => {
        /// The cause of a failure. The codes are stable; `docs/probe.md` explains each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Cause { $($(#[$doc])* $cause,)* }

        impl Cause {
            /// All causes.
            pub const ALL: &[Self] = &[$(Self::$cause,)*];

            /// Returns the code for scripts.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$cause => $code,)* }
            }
        }
    };
}

causes! {
    /// The name does not resolve to an address.
    NameUnknown = "name-unknown",
    /// The name servers do not answer.
    NameSilent = "name-silent",
    /// No program listens on the port.
    Refused = "refused",
    /// The program on the port listens only on 127.0.0.1.
    LoopbackOnly = "loopback-only",
    /// There is no route to the address.
    Unreachable = "unreachable",
    /// The connection gets no answer, for example because a firewall drops it.
    TcpSilent = "tcp-silent",
    /// The server speaks plaintext, but the connection requires TLS.
    Plaintext = "plaintext",
    /// The server closes the connection during the handshake.
    TlsClosed = "tls-closed",
    /// The server accepts the connection but does not answer the TLS handshake.
    TlsSilent = "tls-silent",
    /// The server's certificate was not issued by the root certificates.
    UnknownCa = "unknown-ca",
    /// The server's certificate is for other names.
    WrongName = "wrong-name",
    /// The server's certificate has expired.
    Expired = "expired",
    /// The server's certificate is not valid yet.
    NotYetValid = "not-yet-valid",
    /// The server's certificate must not be used by servers.
    WrongKeyUsage = "wrong-key-usage",
    /// The server's certificate is invalid for another reason.
    ServerCertificate = "server-certificate",
    /// The server requires a client certificate, but the connection has none.
    ClientCertificateMissing = "client-certificate-missing",
    /// The server rejects the client certificate.
    ClientCertificateRefused = "client-certificate-refused",
    /// The two sides have no TLS settings in common, or one violates the protocol.
    TlsSettings = "tls-settings",
    /// The server speaks TLS, but the connection is for plaintext.
    NeedsTls = "needs-tls",
    /// The server is a web server.
    WebServer = "web-server",
    /// The server speaks neither HTTP/2 nor HTTP/1.
    NotHttp2 = "not-http2",
    /// The server closes the connection before it sends its settings.
    Closed = "closed",
    /// The server accepts the connection but sends nothing.
    Silent = "silent",
    /// The gRPC server does not have the chaincode service.
    NoChaincodeService = "no-chaincode-service",
    /// The server rejects the stream.
    StreamRefused = "stream-refused",
    /// The server does not answer the request for a stream.
    StreamSilent = "stream-silent",
    /// The chaincode sends no REGISTER.
    NoRegister = "no-register",
    /// The chaincode ends the stream without sending REGISTER.
    StreamEnded = "stream-ended",
    /// The chaincode sends another message, or a REGISTER that cannot be parsed.
    NotRegister = "not-register",
    /// The chaincode announces another ID.
    WrongId = "wrong-id",
}

/// The role of the client certificate in a failure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClientCertificate {
    /// Whether the server requested one.
    pub(super) asked_for: bool,
    /// Whether the connection has one.
    pub(super) given: bool,
}

impl Cause {
    /// Finds the cause of a failure.
    pub(super) fn of(error: &ProbeError, client: ClientCertificate) -> Self {
        match error {
            ProbeError::Dial(error) => of_dial(error, client),
            // tonic's text for an HTTP/2 response that is not gRPC.
            ProbeError::Stream(status) if status.message().contains("mapped from HTTP status code") => {
                Self::WebServer
            }
            ProbeError::Stream(status) if status.code() == tonic::Code::Unimplemented => {
                Self::NoChaincodeService
            }
            ProbeError::Stream(_) => Self::StreamRefused,
            ProbeError::NoStream(_) => Self::StreamSilent,
            ProbeError::NoRegister(_) => Self::NoRegister,
            ProbeError::Ended(End::WrongId { .. }) => Self::WrongId,
            ProbeError::Ended(End::Stream(_) | End::Closed) => Self::StreamEnded,
            // A probe without an expected ID accepts every ID; only a peer produces the last three.
            ProbeError::Ended(
                End::MalformedRegister(_)
                | End::Protocol(_)
                | End::Unknown { .. }
                | End::Duplicate { .. }
                | End::Uncertified(_),
            ) => Self::NotRegister,
        }
    }
}

fn of_dial(error: &StageError, client: ClientCertificate) -> Cause {
    match error {
        StageError::Tcp(error) => match error.kind() {
            ErrorKind::ConnectionRefused => Cause::Refused,
            ErrorKind::TimedOut => Cause::TcpSilent,
            _ => Cause::Unreachable,
        },
        StageError::NotTls => Cause::Plaintext,
        StageError::TlsClosed => Cause::TlsClosed,
        StageError::Tls(error) => of_tls(error, client),
        StageError::SpeaksTls => Cause::NeedsTls,
        StageError::Http1 => Cause::WebServer,
        // Some web servers answer an invalid request with a page without a status line.
        StageError::NotHttp2(first) if first.starts_with(b"<") => Cause::WebServer,
        StageError::NotHttp2(_) => Cause::NotHttp2,
        StageError::Closed { .. } | StageError::Http2(_) => Cause::Closed,
        StageError::NoAnswer(stage) => match stage {
            Stage::Settings | Stage::Resolve => Cause::NameSilent,
            Stage::Tcp => Cause::TcpSilent,
            Stage::Tls => Cause::TlsSilent,
            Stage::Http2 => Cause::Silent,
        },
        // Invalid settings fail before the first attempt, so this can only be the name.
        StageError::Resolve { .. }
        | StageError::Address(_)
        | StageError::Scheme(_)
        | StageError::RootCert
        | StageError::ClientPair(_)
        | StageError::ServerName(_) => Cause::NameUnknown,
    }
}

fn of_tls(error: &rustls::Error, client: ClientCertificate) -> Cause {
    use CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            Certificate::UnknownIssuer | Certificate::BadSignature => Cause::UnknownCa,
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => Cause::WrongName,
            Certificate::Expired | Certificate::ExpiredContext { .. } => Cause::Expired,
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => Cause::NotYetValid,
            Certificate::InvalidPurpose | Certificate::InvalidPurposeContext { .. } => Cause::WrongKeyUsage,
            _ => Cause::ServerCertificate,
        },
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Cause::ClientCertificateMissing
        }
        rustls::Error::AlertReceived(alert) if client.asked_for && is_about_certificate(*alert) => {
            if client.given { Cause::ClientCertificateRefused } else { Cause::ClientCertificateMissing }
        }
        _ => Cause::TlsSettings,
    }
}

/// Returns whether this alert may refer to the client certificate that the server requested.
fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
            | AlertDescription::HandshakeFailure
    )
}

#[cfg(test)]
mod tests {
    use std::io;

    use rustls::Error::{AlertReceived, InvalidCertificate};
    use tonic::{Code, Status};

    use super::*;

    fn dial(error: StageError) -> ProbeError {
        ProbeError::Dial(error)
    }

    fn cause(error: &ProbeError, asked_for: bool, given: bool) -> &'static str {
        Cause::of(error, ClientCertificate { asked_for, given }).code()
    }

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.code()).collect();
        assert_eq!(codes.len(), Cause::ALL.len());
    }

    #[test]
    fn the_systems_reason_tells_a_tcp_failure() {
        for (kind, code) in [
            (ErrorKind::ConnectionRefused, "refused"),
            (ErrorKind::TimedOut, "tcp-silent"),
            (ErrorKind::NetworkUnreachable, "unreachable"),
            (ErrorKind::HostUnreachable, "unreachable"),
        ] {
            assert_eq!(cause(&dial(StageError::Tcp(io::Error::from(kind))), false, false), code);
        }
    }

    #[test]
    fn silence_is_told_by_its_stage() {
        for (stage, code) in [
            (Stage::Resolve, "name-silent"),
            (Stage::Tcp, "tcp-silent"),
            (Stage::Tls, "tls-silent"),
            (Stage::Http2, "silent"),
        ] {
            assert_eq!(cause(&dial(StageError::NoAnswer(stage)), false, false), code);
        }
    }

    #[test]
    fn an_alert_is_about_the_client_certificate_only_if_one_was_asked_for() {
        let alert = dial(StageError::Tls(AlertReceived(AlertDescription::HandshakeFailure)));
        assert_eq!(cause(&alert, false, false), "tls-settings");
        assert_eq!(cause(&alert, true, false), "client-certificate-missing");
        assert_eq!(cause(&alert, true, true), "client-certificate-refused");
        let version = dial(StageError::Tls(AlertReceived(AlertDescription::ProtocolVersion)));
        assert_eq!(cause(&version, true, true), "tls-settings");
    }

    #[test]
    fn a_certificate_that_is_refused_for_a_rare_reason_has_a_cause_too() {
        let error = dial(StageError::Tls(InvalidCertificate(CertificateError::BadEncoding)));
        assert_eq!(cause(&error, false, false), "server-certificate");
    }

    #[test]
    fn a_web_server_that_speaks_http2_is_told_from_a_grpc_server() {
        let page =
            Status::new(Code::Unimplemented, "grpc-status header missing, mapped from HTTP status code 404");
        assert_eq!(cause(&ProbeError::Stream(Box::new(page)), false, false), "web-server");
        let grpc = ProbeError::Stream(Box::new(Status::unimplemented("")));
        assert_eq!(cause(&grpc, false, false), "no-chaincode-service");
        assert_eq!(grpc.to_string(), "the server rejected the stream: Unimplemented");
    }
}
