//! A gRPC server that bounds what clients that have not authenticated can make it hold.
//!
//! It knows nothing about the services behind it, but for which messages of a call come from a client that has not proved who
//! it is: [`Unproven`].
//!
//! | Module | What it does |
//! | --- | --- |
//! | `arrival` | waits for the first message of a client |
//! | `budget` | what clients may take on all listeners together: [`Budget`] |
//! | `connection` | accepts connections |
//! | `greeting`, `tls` | what a client must do before it is served: TLS, if the listener has it, and the beginning of HTTP/2 |
//! | `layer`, `unread` | bounds the messages that are not read to their end |
//! | `requests` | who may begin a request |
//! | `slots` | places, of which the newest client gets the oldest |
//! | `warnings` | warnings, of which a hostile client could cause any number |

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

/// How many calls a connection may have at one time; a client keeps back what is more.
const MAX_STREAMS: u32 = 1_000;

/// How much a client may send before we have read it, for a call and for a connection.
///
/// A call is read as it comes. The connection's window must not be smaller: the library h2 ends a connection on which many
/// small frames are unread, and takes this window as the measure. With it, each of [`MAX_STREAMS`] calls may have one.
const WINDOWS: (u32, u32) = (64 << 10, 512 << 10);

/// Takes warnings; it is called where they happen, and must not take long.
pub type Warn = Arc<dyn Fn(String) + Send + Sync>;

/// What a listener is like.
#[derive(Clone)]
pub struct ServerOptions {
    /// With it, clients use TLS; without it, plaintext.
    pub tls: Option<ServerTls>,
    /// What clients may take before they have authenticated, on all listeners that have a clone of it.
    pub budget: Budget,
    /// The largest message in bytes; a larger one is refused when its length is known.
    pub max_message: usize,
    /// How often a silent client is pinged, and how long its answer may take.
    pub keepalive: (Duration, Duration),
    /// Tells by the path of a call which of its messages are bounded.
    pub unproven: fn(&str) -> Unproven,
    /// Is told what goes wrong with clients.
    pub warn: Warn,
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerOptions").field("tls", &self.tls).finish_non_exhaustive()
    }
}

/// A server of gRPC to add services to, and the connections to serve.
pub type Listening = (Server<Stack<Bounds, Identity>>, Connections);

/// Accepts connections until `stop`, and returns them with the server that bounds them. Needs a tokio runtime.
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
