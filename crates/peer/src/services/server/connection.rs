//! Connections that come in, with or without TLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::Connected;

use super::Tls;
use crate::observer::Observer;

/// How long a client may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long we wait when the system can give no connection, for others to close theirs.
const RETRY: Duration = Duration::from_millis(100);

/// How long we wait for the first bytes of a client in plaintext, to see whether it is one.
const FIRST_BYTES: Duration = Duration::from_secs(1);

/// With these begins a handshake of TLS.
const TLS_HANDSHAKE: [u8; 2] = [0x16, 3];

/// A connection that is of no use.
#[derive(Debug, thiserror::Error)]
enum GreetError {
    #[error("it begins with TLS, and plaintext is served there")]
    SpeaksTls,
    #[error("it speaks no TLS, which is demanded there")]
    SpeaksNoTls,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The connections that come in, agreed on TLS; one that is slow there does not hold up the others.
pub(crate) struct Connections(ReceiverStream<io::Result<Connection>>);

impl Connections {
    /// Accepts connections until `stop`.
    pub(crate) fn accept(
        listener: TcpListener,
        tls: Option<Tls>,
        stop: CancellationToken,
        observer: Observer,
    ) -> Self {
        let (sender, connections) = mpsc::channel(1);
        tokio::spawn(async move {
            let accepting = accept(listener, tls, sender, observer);
            // The listener is dropped with it, so that clients are refused and do not wait.
            stop.run_until_cancelled_owned(accepting).await;
        });
        Self(ReceiverStream::new(connections))
    }
}

impl Stream for Connections {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll_next(context)
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<Tls>,
    sender: mpsc::Sender<io::Result<Connection>>,
    observer: Observer,
) {
    let acceptor = tls.map(|tls| TlsAcceptor::from(tls.0));
    let place = listener.local_addr().map(|address| format!(" to {address}")).unwrap_or_default();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                observer.warn(format!("cannot accept a connection: {error}"));
                sleep(RETRY).await;
                continue;
            }
        };
        let (acceptor, sender, observer) = (acceptor.clone(), sender.clone(), observer.clone());
        let place = place.clone();
        tokio::spawn(async move {
            match timeout(HANDSHAKE, greet(stream, acceptor)).await {
                // Nobody takes it when the peer stops.
                Ok(Ok(connection)) => drop(sender.send(Ok(connection)).await),
                Ok(Err(error)) => observer.warn(format!("a client failed to connect{place}: {error}")),
                Err(_) => observer
                    .warn(format!("a client failed to connect{place}: it did not agree on TLS in time")),
            }
        });
    }
}

async fn greet(stream: TcpStream, acceptor: Option<TlsAcceptor>) -> Result<Connection, GreetError> {
    // Small messages back and forth are what gRPC is made of.
    stream.set_nodelay(true)?;
    match acceptor {
        None => {
            let mut first = [0; TLS_HANDSHAKE.len()];
            // Who says nothing yet may be slow; whatever it is, HTTP/2 finds out.
            let _ = timeout(FIRST_BYTES, stream.peek(&mut first)).await;
            if first == TLS_HANDSHAKE {
                return Err(GreetError::SpeaksTls);
            }
            Ok(Connection { bytes: Box::new(stream), shown: ShownCertificate(None) })
        }
        Some(acceptor) => {
            let stream = acceptor.accept(stream).await.map_err(tls_failure)?;
            let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
            let shown = ShownCertificate(shown.map(|certificate| certificate.to_vec()));
            Ok(Connection { bytes: Box::new(stream), shown })
        }
    }
}

/// Finds out what an error of a handshake is about.
fn tls_failure(error: io::Error) -> GreetError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => GreetError::SpeaksNoTls,
        _ => error.into(),
    }
}

/// Bytes both ways.
trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// The certificate, DER, that the other side has shown, among the extensions of each request.
#[derive(Clone, Debug)]
pub(crate) struct ShownCertificate(pub(crate) Option<Vec<u8>>);

/// A connection, with or without TLS.
pub(crate) struct Connection {
    bytes: Box<dyn Bytes>,
    shown: ShownCertificate,
}

impl Connected for Connection {
    type ConnectInfo = ShownCertificate;

    fn connect_info(&self) -> ShownCertificate {
        self.shown.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(context)
    }
}
