//! A gRPC server that limits the memory of clients that have not authenticated.
//!
//! It knows nothing about its services except which messages of a call come from a client that has not proved its
//! identity: [`Unproven`].
//!
//! | Module | What it does |
//! | --- | --- |
//! | `arrival` | waits for the first message of a client |
//! | `budget` | the memory limit that all listeners share: [`Budget`] |
//! | `connection` | accepts connections |
//! | `greeting`, `tls` | the start of a connection: TLS, if the listener uses it, and the HTTP/2 preface |
//! | `layer`, `unread` | limits incomplete messages |
//! | `requests` | decides which connections may start a request |
//! | `slots` | slots, which newer clients take from the oldest |
//! | `warnings` | rate-limits warnings that a hostile client could cause |

mod arrival;
mod budget;
mod connection;
mod greeting;
mod layer;
mod requests;
mod slots;
mod tls;
mod unread;
mod warnings;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tower::layer::util::{Identity, Stack};

pub use budget::Budget;
pub use connection::{Connection, ConnectionInfo, Connections};
pub use layer::{Bounding, Bounds};
pub use tls::{ServerTls, ServerTlsError};
pub use unread::Unproven;
pub use warnings::Warnings;

/// Maximum number of concurrent calls on a connection; the client delays further calls.
const MAX_STREAMS: u32 = 1_000;

/// Flow-control windows in bytes, for a call and for a connection.
///
/// Calls are read as their data arrives. The connection's window must not be smaller: the library h2 closes a
/// connection with many unread small frames, and derives the limit from this window. With this value, each of
/// [`MAX_STREAMS`] calls may have one.
const WINDOWS: (u32, u32) = (64 << 10, 512 << 10);

/// Receiver of warnings. It is called synchronously, so it must return quickly.
pub type Warn = Arc<dyn Fn(String) + Send + Sync>;

/// Options of a listener.
#[derive(Clone)]
pub struct ServerOptions {
    /// TLS configuration; [`None`] for plaintext.
    pub tls: Option<ServerTls>,
    /// Memory that clients may occupy before they have authenticated, shared by all listeners with a clone of it.
    pub budget: Budget,
    /// Maximum size of a message in bytes. A larger one is rejected as soon as its length is known.
    pub max_message: usize,
    /// Interval of pings to a silent client, and time limit for its answer.
    pub keepalive: (Duration, Duration),
    /// Returns, by the path of a call, which of its messages are limited.
    pub unproven: fn(&str) -> Unproven,
    /// Receives warnings about clients.
    pub warn: Warn,
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerOptions").field("tls", &self.tls).finish_non_exhaustive()
    }
}

/// A gRPC server to which services can be added, and the connections to serve.
pub type Listening = (Server<Stack<Bounds, Identity>>, Connections);

/// Accepts connections until `stop` is canceled. Returns them, and a server that limits them. Requires a tokio
/// runtime.
pub fn listen(listener: TcpListener, options: ServerOptions, stop: CancellationToken) -> Listening {
    let (interval, timeout) = options.keepalive;
    let server = Server::builder()
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(WINDOWS.0)
        .initial_connection_window_size(WINDOWS.1)
        .http2_keepalive_interval(Some(interval))
        .http2_keepalive_timeout(Some(timeout))
        .layer(Bounds::new(&options));
    (server, Connections::accept(listener, options, stop))
}
