//! Whether a chaincode can be dialled from here, as its peer will: resolve, TCP, TLS, HTTP/2.
//!
//! The first message of the chaincode is left to `ccs probe`: it needs gRPC, which the launcher has no other use for.

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

/// How long to wait before the next try: a Service takes a moment to know its pod.
const BETWEEN_TRIES: Duration = Duration::from_millis(250);

/// How long to try: what a server of DNS says of a name that it did not know is kept for 30 s and less.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a client of HTTP/2 says first, with settings that are the default.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The type of the frame with settings, which a server of HTTP/2 sends first, and its place in the frame.
const SETTINGS: u8 = 4;
const TYPE: usize = 3;

/// Dials until it succeeds, or fails for too long.
pub(crate) async fn reach(connection: &Connection, limit: Duration) -> Result<(), Failure> {
    let tls = if connection.tls_required { Some(configuration(connection)?) } else { None };
    let (start, limit) = (Instant::now(), limit.min(PATIENCE));
    loop {
        match once(&connection.address, tls.as_ref()).await {
            Err(failure) if start.elapsed() >= limit => return Err(failure),
            Err(_) => tokio::time::sleep(BETWEEN_TRIES).await,
            Ok(()) => return Ok(()),
        }
    }
}

async fn once(address: &str, tls: Option<&Arc<ClientConfig>>) -> Result<(), Failure> {
    let found = within(lookup_host(address)).await;
    let found = found.map_err(|reason| failure(ExitCode::Resolve, address, &reason))?;
    let mut last = "the name has no address".to_owned();
    let mut code = ExitCode::Resolve;
    for place in found {
        code = ExitCode::Tcp;
        match connect(place).await {
            Ok(stream) => return greet(address, stream, tls).await,
            Err(reason) => last = reason,
        }
    }
    Err(failure(code, address, &last))
}

async fn connect(place: SocketAddr) -> Result<TcpStream, String> {
    within(TcpStream::connect(place)).await.map_err(|reason| format!("{place}: {reason}"))
}

async fn greet(address: &str, stream: TcpStream, tls: Option<&Arc<ClientConfig>>) -> Result<(), Failure> {
    let Some(tls) = tls else {
        return settings(stream).await.map_err(|reason| failure(ExitCode::Http2, address, &reason));
    };
    let refused = |reason: &str| failure(ExitCode::Tls, address, reason);
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).to_owned();
    let name = ServerName::try_from(host).map_err(|error| refused(&error.to_string()))?;
    let connecting = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
    let stream = within(connecting).await.map_err(|reason| refused(&reason))?;
    if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
        return Err(failure(ExitCode::Http2, address, "the server does not choose HTTP/2 (ALPN h2)"));
    }
    // In TLS 1.3 the server looks at the client's certificate when the client is done.
    settings(stream).await.map_err(|reason| refused(&reason))
}

/// Greets, and waits for the server's settings.
async fn settings(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), String> {
    let mut frame = [0; TYPE + 1];
    within(async {
        stream.write_all(GREETING).await?;
        stream.flush().await?;
        stream.read_exact(&mut frame).await
    })
    .await?;
    if frame[TYPE] == SETTINGS { Ok(()) } else { Err("the server does not speak HTTP/2".to_owned()) }
}

async fn within<T>(step: impl Future<Output = std::io::Result<T>>) -> Result<T, String> {
    match tokio::time::timeout(STEP, step).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} s", STEP.as_secs())),
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

fn failure(code: ExitCode, address: &str, reason: &str) -> Failure {
    let (step, hint) = match code {
        ExitCode::Resolve => {
            ("find", "the name is that of a Service: the peer must use the DNS of the cluster")
        }
        ExitCode::Tcp => ("connect to", "check that a NetworkPolicy lets the peer reach the chaincode"),
        ExitCode::Tls => (
            "use TLS with",
            "the chaincode must use the files that its variables name; \"tls\" in image.json says how it is dialled",
        ),
        _ => (
            "speak HTTP/2 with",
            "check that the chaincode is a server, and \"port\" and \"tls\" in image.json",
        ),
    };
    Failure::new(code, format!("the chaincode is ready, but the peer cannot {step} {address}: {reason}"))
        .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Serves once what stands for a chaincode, and dials it.
    fn dial(answer: &'static [u8], connection: impl FnOnce(String) -> Connection) -> Result<(), Failure> {
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
                outcome = reach(&connection, Duration::ZERO) => outcome,
            }
        })
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
        let failure = dial(b"HTTP/1.1 400 Bad Request\r\n", plain).unwrap_err();
        assert_eq!(failure.code(), ExitCode::Http2);
        assert!(failure.to_string().ends_with("the server does not speak HTTP/2"), "{failure}");
    }

    #[test]
    fn a_server_without_tls_is_told() {
        let failure =
            dial(b"\0\0\0\x04\0\0\0\0\0", |address| Connection { tls_required: true, ..plain(address) })
                .unwrap_err();
        assert_eq!(failure.code(), ExitCode::Tls);
        assert!(
            failure
                .to_string()
                .starts_with("the chaincode is ready, but the peer cannot use TLS with 127.0.0.1:"),
            "{failure}"
        );
    }

    #[test]
    fn a_port_without_a_listener_and_a_name_without_an_address_are_told() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (address, code) in [("127.0.0.1:1", ExitCode::Tcp), ("basic.invalid:1", ExitCode::Resolve)] {
            let failure = runtime.block_on(reach(&plain(address.to_owned()), Duration::ZERO)).unwrap_err();
            assert_eq!(failure.code(), code, "{failure}");
        }
    }
}
