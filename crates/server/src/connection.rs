//! Accepts connections of clients, with or without TLS.
//!
//! Clients that send nothing, or that make no call, do not delay others: the number of connections of each kind is
//! limited, and the newest replaces the oldest.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Handle, RuntimeFlavor};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep, timeout_at};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use crate::arrival::{Arrived, first_message};
use crate::budget::{ARRIVAL, Budget, CONNECTION, HANDSHAKE};
use crate::greeting::{Bytes, GreetError, Greeted, PREFACE, ShownCertificate, TIME, greet};
use crate::requests::OfConnection;
use crate::slots::{Renewal, Slot};
use crate::warnings::Warnings;
use crate::{ServerOptions, Warn};

/// How long the server stops reading from a connection that has opened more requests than its share. Otherwise,
/// rejecting them would keep the processor busy.
const PAUSE: Duration = Duration::from_secs(1);

/// Reason in the warning when a connection is closed because it has lost its slot.
const TOO_MANY: &str = "too many clients did not finish their handshake";

/// Wait before accepting again when the system is out of resources, so that other connections can close.
const RETRY: Duration = Duration::from_millis(100);

/// Connections that have finished their handshake.
pub struct Connections(ReceiverStream<io::Result<Connection>>);

impl Connections {
    /// Accepts connections until `stop` is canceled.
    pub(crate) fn accept(listener: TcpListener, options: ServerOptions, stop: CancellationToken) -> Self {
        let ServerOptions { tls, budget, warn, .. } = options;
        let (sender, connections) = mpsc::channel(1);
        let place = listener.local_addr().map(|address| format!(" to {address}")).unwrap_or_default();
        let acceptor = Acceptor {
            tls: tls.map(|tls| tls.0),
            sender,
            budget,
            warnings: Warnings::new(format!("a client failed to connect{place}"), Arc::clone(&warn)),
            serving: Handle::current(),
        };
        match Handle::current().runtime_flavor() {
            RuntimeFlavor::CurrentThread => drop(tokio::spawn(accept_until(stop, listener, acceptor, warn))),
            _ => drop(tokio::task::spawn_blocking(|| accept_apart(stop, listener, acceptor, warn))),
        }
        Self(ReceiverStream::new(connections))
    }
}

impl Stream for Connections {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(context)
    }
}

/// Accepts connections on a separate thread. While the other threads are busy, the system's queue would soon be full,
/// and clients that it turns away retry only after a second.
fn accept_apart(stop: CancellationToken, listener: TcpListener, acceptor: Acceptor, warn: Warn) {
    let told = Arc::clone(&warn);
    let accepting = || -> io::Result<()> {
        let listener = listener.into_std()?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            accept_until(stop, TcpListener::from_std(listener)?, acceptor, warn).await;
            Ok(())
        })
    };
    if let Err(error) = accepting() {
        told(format!("cannot accept connections: {error}"));
    }
}

/// Accepts connections until the receiver is gone. Then drops the listener, so that clients are rejected instead of
/// waiting.
async fn accept_until(stop: CancellationToken, listener: TcpListener, acceptor: Acceptor, warn: Warn) {
    let sender = acceptor.sender.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = sender.closed() => {}
        () = accept(listener, acceptor, warn) => {}
    }
}

/// Takes a connection through its handshake.
#[derive(Clone)]
struct Acceptor {
    tls: Option<Arc<rustls::ServerConfig>>,
    sender: mpsc::Sender<io::Result<Connection>>,
    budget: Budget,
    warnings: Warnings,
    /// Runtime that serves the connections.
    serving: Handle,
}

/// Source of connections.
trait Listen: Send + Sync {
    fn next(&self) -> impl Future<Output = io::Result<TcpStream>> + Send;
}

impl Listen for TcpListener {
    async fn next(&self) -> io::Result<TcpStream> {
        Ok(self.accept().await?.0)
    }
}

async fn accept(listener: impl Listen, acceptor: Acceptor, warn: Warn) {
    let mut is_failing = false;
    loop {
        match listener.next().await {
            Ok(stream) => {
                is_failing = false;
                tokio::spawn(acceptor.clone().wait(stream, acceptor.budget.arrivals.take(ARRIVAL)));
            }
            Err(error) => {
                // Warn once until it succeeds again: without free file descriptors, this may take long.
                if !is_failing {
                    warn(format!("cannot accept connections for now: {error}"));
                }
                is_failing = true;
                sleep(RETRY).await;
            }
        }
    }
}

impl Acceptor {
    /// Waits for the first message of a client, and then runs its handshake on the serving runtime.
    async fn wait(self, stream: TcpStream, mut slot: Slot) {
        let deadline = Instant::now() + TIME;
        let arrived = tokio::select! {
            arrived = timeout_at(deadline, first_message(stream, self.tls.is_some())) => arrived,
            () = slot.lost() => return self.warnings.tell(&TOO_MANY),
        };
        match arrived.map_err(|_| GreetError::Late).and_then(|arrived| Ok(arrived?)) {
            Ok((Arrived::Message, stream)) => {
                let slot = self.budget.handshakes.take(HANDSHAKE);
                self.serving.clone().spawn(self.greet(stream, slot, deadline));
            }
            // rustls would wait for more data, and keep what arrives.
            Ok((Arrived::Other, _)) if self.tls.is_some() => self.warnings.tell(&GreetError::SpeaksNoTls),
            Ok((Arrived::End, _)) if self.tls.is_some() => {}
            // In plaintext, a few bytes are enough to see which protocol the client uses instead of HTTP/2.
            Ok((Arrived::Other | Arrived::End, stream)) => self.greet(stream, slot, deadline).await,
            // A check for an open port may reset the connection instead of closing it.
            Err(GreetError::Io(error)) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => self.warnings.tell(&error),
        }
    }

    async fn greet(self, stream: std::net::TcpStream, mut slot: Slot, deadline: Instant) {
        let greeted = tokio::select! {
            greeted = timeout_at(deadline, greet(stream, self.tls)) => greeted.unwrap_or(Err(GreetError::Late)),
            () = slot.lost() => return self.warnings.tell(&TOO_MANY),
        };
        drop(slot);
        match greeted {
            Ok(Greeted { stream, certificate }) => {
                let slot = self.budget.connections.take(CONNECTION);
                let requests = OfConnection::default();
                let connection =
                    Connection { preface: &PREFACE, stream, certificate, slot, requests, pause: None };
                // The receiver is gone when the peer stops.
                let _ = self.sender.send(Ok(connection)).await;
            }
            Err(GreetError::Silent) => {}
            Err(error) => self.warnings.tell(&error),
        }
    }
}

/// Information about a connection for its requests.
#[derive(Clone, Debug)]
pub struct ConnectionInfo {
    certificate: ShownCertificate,
    renewal: Renewal,
    requests: OfConnection,
}

impl ConnectionInfo {
    /// Returns the client's certificate (DER), if it presented one.
    #[must_use]
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.0.as_deref()
    }

    /// Records the start of a request. If there are too many connections, closes those without a request for the
    /// longest time. Returns the connection's counter of incomplete requests.
    pub(crate) fn begin(&self) -> OfConnection {
        self.renewal.renew();
        self.requests.clone()
    }
}

/// Connection, with or without TLS.
pub struct Connection {
    /// Bytes that were already read, to be passed to hyper.
    preface: &'static [u8],
    stream: Box<dyn Bytes>,
    certificate: ShownCertificate,
    slot: Slot,
    requests: OfConnection,
    /// Until this elapses, nothing is read.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// Waits until reading is allowed.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.requests.take_greedy() {
            self.pause = Some(Box::pin(sleep(PAUSE)));
        }
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        ConnectionInfo {
            certificate: self.certificate.clone(),
            renewal: self.slot.renewal(),
            requests: self.requests.clone(),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.preface.is_empty() {
            let (read, rest) = self.preface.split_at(self.preface.len().min(buffer.remaining()));
            buffer.put_slice(read);
            self.preface = rest;
            return Poll::Ready(Ok(()));
        }
        // Another connection has taken the slot: end this one as if the client had closed it.
        if self.slot.poll_lost(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_pause(context));
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use super::*;

    /// Returns the given connections, and then waits forever.
    struct FakeListener(Mutex<VecDeque<io::Result<TcpStream>>>);

    impl Listen for FakeListener {
        async fn next(&self) -> io::Result<TcpStream> {
            let next = self.0.lock().unwrap().pop_front();
            match next {
                Some(next) => next,
                None => std::future::pending().await,
            }
        }
    }

    #[tokio::test]
    async fn without_file_descriptors_there_is_one_warning_until_there_are_some_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connection = TcpStream::connect(address).await.unwrap();
        let failure = || Err(io::Error::other("too many open files"));
        let next = [failure(), failure(), failure(), Ok(connection), failure(), failure()];
        let warnings = Arc::<Mutex<Vec<String>>>::default();
        let told = Arc::clone(&warnings);
        let warn: Warn = Arc::new(move |text| told.lock().unwrap().push(text));
        let (sender, _connections) = mpsc::channel(1);
        let acceptor = Acceptor {
            tls: None,
            sender,
            budget: Budget::new(),
            warnings: Warnings::new(String::new(), Arc::clone(&warn)),
            serving: Handle::current(),
        };
        tokio::time::pause();
        let accepting = accept(FakeListener(Mutex::new(next.into())), acceptor, warn);
        tokio::time::timeout(Duration::from_secs(5), accepting).await.unwrap_err();
        let warning = "cannot accept connections for now: too many open files";
        assert_eq!(*warnings.lock().unwrap(), [warning, warning]);
    }
}
