//! Dials a chaincode that was started, as its peer will: resolve, TCP, TLS, HTTP/2.
//!
//! `ccs probe` also checks the first message of the chaincode. This requires gRPC, which the launcher does not contain.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ccs_files::Connection;
use ccs_launch::{ExitCode, Failure};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

/// How long one step may take.
const STEP: Duration = Duration::from_secs(5);

/// The timeout of the first connection attempt; each further attempt doubles it.
///
/// The network of a cluster drops packets until it knows a new Service, and the kernel itself retransmits after a second.
const FIRST_CONNECTION: Duration = Duration::from_millis(100);

/// How long to wait before the next try.
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// The first bytes of an HTTP/2 client, with default settings.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type of the SETTINGS frame, which an HTTP/2 server sends first, and its position in the frame.
const SETTINGS: u8 = 4;
const TYPE: usize = 3;

/// A dial that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// The step: [`ExitCode::Resolve`], [`ExitCode::Tcp`], [`ExitCode::Tls`] or [`ExitCode::Http2`].
    pub step: ExitCode,
    /// The error.
    pub reason: String,
    /// Whether there seems to be no listener: the connection was refused, or closed before the first byte. An engine closes a
    /// connection to a published port in this way if the container does not listen yet.
    pub is_silent: bool,
}

/// Hints of the platform for a chaincode that does not resolve or accept connections.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// If its name does not resolve.
    pub resolve: &'static str,
    /// If no connection is accepted.
    pub tcp: &'static str,
}

/// Dials until it succeeds, until `limit`, or until a step has failed for as long as `patience` allows.
///
/// The outer error reports unusable certificates.
pub async fn reach(
    connection: &Connection,
    limit: Duration,
    patience: impl Fn(&Unreached) -> Duration,
) -> Result<Result<(), Unreached>, Failure> {
    let tls = if connection.tls_required { Some(configuration(connection)?) } else { None };
    let start = Instant::now();
    let mut failing = None;
    loop {
        let Err(unreached) = once(&connection.address, tls.as_ref()).await else { return Ok(Ok(())) };
        let kind = (unreached.step, unreached.is_silent);
        let since = match failing {
            Some((known, since)) if known == kind => since,
            _ => Instant::now(),
        };
        failing = Some((kind, since));
        if start.elapsed() >= limit || since.elapsed() >= patience(&unreached) {
            return Ok(Err(unreached));
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

async fn once(address: &str, tls: Option<&Arc<ClientConfig>>) -> Result<(), Unreached> {
    let found = within(lookup_host(address)).await.map_err(|trouble| trouble.at(ExitCode::Resolve))?;
    let mut last =
        Unreached { step: ExitCode::Resolve, reason: "the name has no address".to_owned(), is_silent: false };
    for place in found {
        match connect(place).await {
            Ok(stream) => return greet(address, stream, tls).await,
            Err(unreached) => last = unreached,
        }
    }
    Err(last)
}

async fn connect(place: SocketAddr) -> Result<TcpStream, Unreached> {
    let connecting = async {
        let mut limit = FIRST_CONNECTION;
        loop {
            match tokio::time::timeout(limit, TcpStream::connect(place)).await {
                Ok(outcome) => return outcome,
                Err(_) => limit *= 2,
            }
        }
    };
    within(connecting).await.map_err(|trouble| {
        let unreached = trouble.at(ExitCode::Tcp);
        Unreached { reason: format!("{place}: {}", unreached.reason), ..unreached }
    })
}

async fn greet(address: &str, stream: TcpStream, tls: Option<&Arc<ClientConfig>>) -> Result<(), Unreached> {
    let Some(tls) = tls else {
        return settings(stream).await.map_err(|trouble| trouble.at(ExitCode::Http2));
    };
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).to_owned();
    let name = ServerName::try_from(host)
        .map_err(|error| Trouble { reason: error.to_string(), is_silent: false }.at(ExitCode::Tls))?;
    let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
    let stream = within(connecting).await.map_err(|trouble| trouble.at(ExitCode::Tls))?;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        let reason = "the server does not choose HTTP/2 (ALPN h2)".to_owned();
        return Err(Unreached { step: ExitCode::Http2, reason, is_silent: false });
    }
    // In TLS 1.3, the server checks the client's certificate after the client's handshake, so a connection that closes here has
    // reached a listener.
    let refused = |trouble: Trouble| Unreached { is_silent: false, ..trouble.at(ExitCode::Tls) };
    settings(stream).await.map_err(refused)
}

/// Sends the client preface, and waits for the server's settings.
async fn settings(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), Trouble> {
    let mut frame = [0; TYPE + 1];
    within(async {
        stream.write_all(GREETING).await?;
        stream.flush().await?;
        stream.read_exact(&mut frame).await
    })
    .await?;
    if frame[TYPE] == SETTINGS {
        return Ok(());
    }
    Err(Trouble { reason: "the server does not speak HTTP/2".to_owned(), is_silent: false })
}

/// The error of a step.
struct Trouble {
    reason: String,
    is_silent: bool,
}

impl Trouble {
    fn at(self, step: ExitCode) -> Unreached {
        Unreached { step, reason: self.reason, is_silent: self.is_silent }
    }
}

async fn within<T>(step: impl Future<Output = std::io::Result<T>>) -> Result<T, Trouble> {
    match tokio::time::timeout(STEP, step).await {
        Ok(outcome) => outcome.map_err(|error| Trouble {
            is_silent: matches!(
                error.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe
                    | ErrorKind::UnexpectedEof
            ),
            reason: error.to_string(),
        }),
        Err(_) => Err(Trouble { reason: format!("no answer within {} s", STEP.as_secs()), is_silent: false }),
    }
}

fn configuration(connection: &Connection) -> Result<Arc<ClientConfig>, Failure> {
    let refused =
        |reason: String| Failure::new(ExitCode::Tls, format!("cannot use the certificates: {reason}"));
    let certificates = |pem: &str| -> Result<Vec<_>, Failure> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        read.map_err(|error| refused(error.to_string()))
    };
    let mut roots = RootCertStore::empty();
    for root in certificates(&connection.root_cert)? {
        roots.add(root).map_err(|error| refused(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| refused(error.to_string()))?.with_root_certificates(roots);
    let mut config = if connection.client_auth_required {
        let key = PrivateKeyDer::from_pem_slice(connection.client_key.as_bytes());
        let key = key.map_err(|error| refused(error.to_string()))?;
        let config = builder.with_client_auth_cert(certificates(&connection.client_cert)?, key);
        config.map_err(|error| refused(error.to_string()))?
    } else {
        builder.with_no_client_auth()
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

impl Unreached {
    /// Returns the failure of a running chaincode that the peer cannot dial.
    #[must_use]
    pub fn failure(&self, address: &str, advice: &Advice) -> Failure {
        let (step, hint) = match self.step {
            ExitCode::Resolve => ("find", advice.resolve),
            ExitCode::Tcp => ("connect to", advice.tcp),
            ExitCode::Tls => (
                "use TLS with",
                "the chaincode must use the files that its variables name; \"tls\" in image.json says how it is dialed",
            ),
            _ => (
                "speak HTTP/2 with",
                "check that the chaincode is a server, and \"port\" and \"tls\" in image.json",
            ),
        };
        let reason = format!("the chaincode is ready, but the peer cannot {step} {address}: {}", self.reason);
        Failure::new(self.step, reason).with_hint(hint)
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Runs a server instead of a chaincode, and dials it once.
    fn dial(answer: &'static [u8], connection: impl FnOnce(String) -> Connection) -> Result<(), Unreached> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let connection = connection(listener.local_addr().unwrap().to_string());
            let server = async {
                loop {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    let mut greeting = [0; 16];
                    let _ = stream.read(&mut greeting).await;
                    let _ = stream.write_all(answer).await;
                }
            };
            tokio::select! {
                () = server => Ok(()),
                outcome = once_for(&connection) => outcome,
            }
        })
    }

    async fn once_for(connection: &Connection) -> Result<(), Unreached> {
        reach(connection, Duration::ZERO, |_| Duration::ZERO).await.unwrap()
    }

    fn plain(address: String) -> Connection {
        Connection { address, ..Connection::default() }
    }

    #[test]
    fn a_server_of_http2_is_reached() {
        dial(b"\0\0\0\x04\0\0\0\0\0", plain).unwrap();
    }

    #[test]
    fn what_does_not_speak_http2_is_told() {
        let unreached = dial(b"HTTP/1.1 400 Bad Request\r\n", plain).unwrap_err();
        assert_eq!((unreached.step, unreached.is_silent), (ExitCode::Http2, false));
        assert_eq!(unreached.reason, "the server does not speak HTTP/2");
    }

    #[test]
    fn a_server_without_tls_is_told() {
        let unreached =
            dial(b"\0\0\0\x04\0\0\0\0\0", |address| Connection { tls_required: true, ..plain(address) })
                .unwrap_err();
        assert_eq!((unreached.step, unreached.is_silent), (ExitCode::Tls, false), "{unreached:?}");
        let advice = Advice { resolve: "", tcp: "" };
        let line = unreached.failure("basic:9999", &advice).line();
        let begin = "error 32 TLS: the chaincode is ready, but the peer cannot use TLS with basic:9999: ";
        assert!(line.starts_with(begin), "{line}");
    }

    #[test]
    fn a_connection_that_is_closed_without_a_word_looks_as_if_nobody_listened() {
        for (tls_required, step) in [(true, ExitCode::Tls), (false, ExitCode::Http2)] {
            let unreached = dial(b"", |address| Connection { tls_required, ..plain(address) }).unwrap_err();
            assert_eq!((unreached.step, unreached.is_silent), (step, true), "{unreached:?}");
        }
    }

    #[test]
    fn a_port_without_a_listener_and_a_name_without_an_address_are_told() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (address, step, is_silent) in
            [("127.0.0.1:1", ExitCode::Tcp, true), ("basic.invalid:1", ExitCode::Resolve, false)]
        {
            let unreached = runtime.block_on(once_for(&plain(address.to_owned()))).unwrap_err();
            assert_eq!((unreached.step, unreached.is_silent), (step, is_silent), "{unreached:?}");
        }
    }
}
