//! What an attempt to connect tells while it goes.

use std::net::SocketAddr;

use rustls::{ClientConnection, ProtocolVersion};

use super::error::Stage;
use super::evidence::Seen;

/// Something that happened during an attempt.
#[derive(Debug)]
pub(crate) enum Progress<'a> {
    /// A stage begins.
    Begun(Stage),
    /// The name has these addresses.
    Resolved(&'a [SocketAddr]),
    /// An address is being tried, or was tried in vain.
    Tried(Attempt),
    /// An address has accepted.
    Connected(SocketAddr),
    /// The handshake is over, well or not.
    Seen(&'a Seen),
    /// The handshake went well.
    Secured(Secured),
}

/// Told of everything that happens during an attempt.
pub(crate) type Watch<'a> = &'a mut (dyn FnMut(Progress<'_>) + Send);

/// A TCP connection that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Where to.
    pub address: SocketAddr,
    /// Why there is none; [`None`] when there is one, or no answer yet.
    pub error: Option<String>,
}

/// What both sides agreed on in a handshake.
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
