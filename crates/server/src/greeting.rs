//! What a client must do before it is served: agree on TLS, if the listener has it, and begin with HTTP/2.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// How long a client may take for all of it.
pub(crate) const TIME: Duration = Duration::from_secs(10);

/// The bytes with which a client of HTTP/2 begins (RFC 9113 section 3.4).
pub(crate) const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The first bytes of a TLS handshake.
const TLS_HANDSHAKE: [u8; 2] = [0x16, 3];

/// Why a connection is closed before it is served.
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
    /// The client has said nothing and has gone, as a check whether a port is open does.
    #[error("the client closed the connection")]
    Silent,
}

/// Bytes both ways.
pub(crate) trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// The certificate, DER, that the client has shown.
#[derive(Clone, Debug)]
pub(crate) struct ShownCertificate(pub(crate) Option<Vec<u8>>);

/// A connection whose client has sent [`PREFACE`], which is read.
pub(crate) struct Greeted {
    pub(crate) stream: Box<dyn Bytes>,
    pub(crate) certificate: ShownCertificate,
}

/// Waits until a client has sent what it must send first.
pub(crate) async fn greet(
    stream: std::net::TcpStream,
    tls: Option<Arc<ServerConfig>>,
) -> Result<Greeted, GreetError> {
    let stream = TcpStream::from_std(stream)?;
    // Small messages back and forth are what gRPC is made of.
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

/// Finds out what an error of a handshake is about.
fn tls_failure(error: io::Error) -> GreetError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidMessage(_)) => GreetError::SpeaksNoTls,
        None if error.kind() == ErrorKind::UnexpectedEof => GreetError::Silent,
        _ => error.into(),
    }
}
