//! The reasons why a chaincode could not be reached, by stage of the dial.

use std::fmt;
use std::io;
use std::time::Duration;

use ccs_files::address::AddressError;
use rustls::{AlertDescription, CertificateError};

/// A stage of the dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Parsing the address, certificates and keys.
    Settings,
    /// Resolving the host name.
    Resolve,
    /// Opening a TCP connection.
    Tcp,
    /// The TLS handshake, including the server's decision about the client certificate.
    Tls,
    /// Receiving the server's HTTP/2 settings.
    Http2,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Resolve => "name resolution",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Http2 => "HTTP/2",
        })
    }
}

/// The error of a dial.
#[derive(Debug)]
pub struct DialError {
    /// The address from connection.json.
    pub address: String,
    /// The dial timeout, if it expired.
    pub timeout: Option<Duration>,
    /// The last failure.
    pub cause: StageError,
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not connect to the chaincode at {}", self.address)?;
        if let Some(timeout) = self.timeout {
            write!(f, " within {timeout:?}")?;
        }
        write!(f, ": {}: {}", self.cause.stage(), self.cause)
    }
}

impl std::error::Error for DialError {}

/// The failure of a stage.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The address is invalid.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The address uses a resolver of grpc-go that this crate does not implement.
    #[error("addresses with the scheme {0} cannot be dialed from here")]
    Scheme(&'static str),
    /// No root certificate is usable.
    #[error("error adding root certificate: root_cert contains no readable certificate")]
    RootCert,
    /// The client's key or certificate is not usable.
    #[error("failed to load client certificate: {0}")]
    ClientPair(String),
    /// The host or domain is not a valid TLS server name.
    #[error("{0:?} cannot be a TLS server name")]
    ServerName(String),
    /// The host's name has no address.
    #[error("{host}: {error}")]
    Resolve {
        /// The name.
        host: String,
        /// The error of the system.
        error: io::Error,
    },
    /// None of the addresses accepts a connection.
    #[error("{0}")]
    Tcp(io::Error),
    /// The server does not speak TLS.
    #[error("the server answered the TLS handshake with something else")]
    NotTls,
    /// The server closed the connection during the handshake.
    #[error("the server closed the connection during the handshake")]
    TlsClosed,
    /// One side rejects the other.
    #[error("{0}")]
    Tls(rustls::Error),
    /// The server speaks TLS, but the connection is for plaintext.
    #[error("the server answered in TLS, but tls_required is false")]
    SpeaksTls,
    /// The server speaks HTTP/1.
    #[error("the server answered in HTTP/1")]
    Http1,
    /// The server speaks another protocol.
    #[error("the server answered with {0:02x?}, which is not HTTP/2")]
    NotHttp2(Vec<u8>),
    /// The server closed the connection before sending its settings.
    #[error("the server closed the connection before its HTTP/2 settings")]
    Closed {
        /// Whether TLS was in use.
        over_tls: bool,
    },
    /// tonic rejected the connection.
    #[error("{0}")]
    Http2(String),
    /// The server did not answer before the timeout.
    #[error("no answer")]
    NoAnswer(Stage),
}

impl StageError {
    /// Returns the stage that failed.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::Address(_)
            | Self::Scheme(_)
            | Self::RootCert
            | Self::ClientPair(_)
            | Self::ServerName(_) => Stage::Settings,
            Self::Resolve { .. } => Stage::Resolve,
            Self::Tcp(_) => Stage::Tcp,
            Self::NotTls | Self::TlsClosed | Self::Tls(_) => Stage::Tls,
            Self::SpeaksTls | Self::Http1 | Self::NotHttp2(_) | Self::Closed { .. } | Self::Http2(_) => {
                Stage::Http2
            }
            Self::NoAnswer(stage) => *stage,
        }
    }

    /// Returns whether another attempt may succeed.
    ///
    /// This includes closed connections, as in grpc-go: a container's port forwarder accepts and closes connections
    /// while the chaincode behind it is still starting.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Resolve { .. } | Self::Tcp(_) | Self::TlsClosed | Self::Closed { .. })
    }

    /// Returns what to do about the failure.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Address(_) | Self::Http2(_) => return None,
            Self::Scheme(_) => "write host:port",
            Self::RootCert => "root_cert must contain the PEM text itself, not a file name",
            Self::ClientPair(_) => {
                "client_key and client_cert must contain the PEM texts of a key (P-256, P-384, RSA or Ed25519) and its certificate"
            }
            Self::ServerName(_) => "the server's certificate must be for the dialed host, or for domain",
            Self::Resolve { .. } => {
                "the name must resolve where the peer runs, for example in its container's network"
            }
            Self::Tcp(_) | Self::NoAnswer(Stage::Tcp) => {
                "the chaincode must run and listen on that port, on an interface that the peer reaches"
            }
            Self::NotTls => "the chaincode serves plaintext: start it with TLS, or set tls_required to false",
            Self::TlsClosed => {
                "the chaincode may serve plaintext, or require other TLS settings; check its log"
            }
            Self::SpeaksTls => "set tls_required to true and add root_cert",
            Self::Closed { over_tls: false } => {
                "if the chaincode serves TLS, set tls_required to true and add root_cert; check its log"
            }
            Self::Closed { over_tls: true } => "check the chaincode's log",
            Self::Http1 | Self::NotHttp2(_) => "another program, not a chaincode, listens there",
            Self::NoAnswer(_) => "the listener is not a chaincode, or it is unresponsive; check its log",
            Self::Tls(error) => return tls_hint(error),
        })
    }
}

fn tls_hint(error: &rustls::Error) -> Option<&'static str> {
    use rustls::Error::{AlertReceived, InvalidCertificate};
    Some(match error {
        InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            "root_cert is not the CA that signed the chaincode's certificate"
        }
        InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "the chaincode's certificate needs the dialed host (or domain) as a subject alternative name",
        InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "renew the chaincode's certificate"
        }
        // webpki's error for a server certificate that is marked as a CA.
        InvalidCertificate(CertificateError::Other(_)) => {
            "a chaincode's certificate that is marked as a CA is trusted only if root_cert contains that certificate itself"
        }
        AlertReceived(AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure) => {
            "the chaincode asks for a client certificate: set client_auth_required, client_key and client_cert"
        }
        AlertReceived(
            AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateUnknown
            | AlertDescription::DecryptError
            | AlertDescription::CertificateExpired,
        ) => {
            "the chaincode accepts only clients with a certificate of its client CA: see client_auth_required, client_key and \
             client_cert"
        }
        _ => return None,
    })
}

impl DialError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.cause {
            StageError::Address(error) => error.hint(),
            cause => cause.hint().map(str::to_owned),
        }
    }
}
