//! Events during an attempt to connect.

use std::net::SocketAddr;

use rustls::{ClientConnection, ProtocolVersion};

use super::error::Stage;
use super::evidence::Seen;

/// An event during an attempt.
#[derive(Debug)]
pub(crate) enum Progress<'a> {
    /// A stage starts.
    Begun(Stage),
    /// The name resolves to these addresses.
    Resolved(&'a [SocketAddr]),
    /// An attempt to connect to an address starts or has failed.
    Tried(Attempt),
    /// An address accepted the connection.
    Connected(SocketAddr),
    /// The handshake is over, whether or not it succeeded.
    Seen(&'a Seen),
    /// The handshake succeeded.
    Secured(Secured),
}

/// A callback for the events of an attempt.
pub(crate) type Watch<'a> = &'a mut (dyn FnMut(Progress<'_>) + Send);

/// A TCP connection that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// The error; [`None`] if the connection succeeded or has no answer yet.
    pub error: Option<String>,
}

/// The results of a TLS handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secured {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: &'static str,
    /// Whether the server chose HTTP/2 by ALPN.
    pub chose_http2: bool,
}

impl Secured {
    pub(super) fn of(connection: &ClientConnection) -> Self {
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
            _ => "TLS 1.2",
        };
        Self { version, chose_http2: connection.alpn_protocol() == Some(b"h2") }
    }
}
