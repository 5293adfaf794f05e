//! The start of a connection: the TLS handshake, if the listener uses TLS, and the HTTP/2 preface.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Time limit for a client to complete the start.
pub(crate) const TIME: Duration = Duration::from_secs(10);

/// Preface that an HTTP/2 client sends first (RFC 9113 section 3.4).
pub(crate) const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// First bytes of a TLS handshake.
const TLS_HANDSHAKE: [u8; 2] = [0x16, 3];

/// Reason why a connection is closed before it is served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GreetError {
    #[error("the client started a TLS handshake, but this port serves plaintext")]
    SpeaksTls,
    #[error("the client did not start a TLS handshake, but this port requires TLS")]
    SpeaksNoTls,
    #[error("the client does not use HTTP/2")]
    NoHttp2,
    #[error("the client did not finish its handshake within {} s", TIME.as_secs())]
    Late,
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The client closed the connection without sending anything, like a check for an open port.
    #[error("the client closed the connection")]
    Silent,
}

/// Bidirectional byte stream.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// Client certificate (DER), if the client presented one.
#[derive(Clone, Debug)]
pub(crate) struct ShownCertificate(pub(crate) Option<Vec<u8>>);

/// Connection whose client has sent [`PREFACE`], which was read.
pub(crate) struct Greeted {
    pub(crate) stream: Box<dyn Bytes>,
    pub(crate) certificate: ShownCertificate,
}

/// Completes the start of a connection.
pub(crate) async fn greet(
    stream: std::net::TcpStream,
    tls: Option<Arc<ServerConfig>>,
) -> Result<Greeted, GreetError> {
    let stream = TcpStream::from_std(stream)?;
    // gRPC exchanges many small messages.
    stream.set_nodelay(true)?;
    let Some(tls) = tls else {
        let mut stream: Box<dyn Bytes> = Box::new(stream);
        read_preface(&mut stream).await?;
        return Ok(Greeted { stream, certificate: ShownCertificate(None) });
    };
    let stream = TlsAcceptor::from(tls).accept(stream).await.map_err(tls_failure)?;
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let certificate = ShownCertificate(shown.map(|certificate| certificate.to_vec()));
    let mut stream: Box<dyn Bytes> = Box::new(stream);
    read_preface(&mut stream).await?;
    Ok(Greeted { stream, certificate })
}

async fn read_preface(stream: &mut Box<dyn Bytes>) -> Result<(), GreetError> {
    let mut read = 0;
    let mut first = [0; PREFACE.len()];
    while read < first.len() {
        let bytes = stream.read(&mut first[read..]).await?;
        read += bytes;
        let (found, expected) = (&first[..read], &PREFACE[..read]);
        if found == expected && bytes > 0 {
            continue;
        }
        return Err(match found {
            [] => GreetError::Silent,
            found if found.starts_with(&TLS_HANDSHAKE) => GreetError::SpeaksTls,
            [byte] if *byte == TLS_HANDSHAKE[0] => GreetError::SpeaksTls,
            _ => GreetError::NoHttp2,
        });
    }
    Ok(())
}

/// Maps an error of the TLS handshake to its cause.
fn tls_failure(error: io::Error) -> GreetError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => GreetError::SpeaksNoTls,
        None if error.kind() == ErrorKind::UnexpectedEof => GreetError::Silent,
        _ => error.into(),
    }
}
