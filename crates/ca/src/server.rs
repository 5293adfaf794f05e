//! The HTTPS listener of a CA.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ccs_identity::Pair;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ca::{Answer, Ca, Call};

/// The largest body of a request.
const LARGEST_BODY: usize = 64 << 10;

/// The largest part of a request that is read at once, headers included.
const BUFFER: usize = 32 << 10;

/// The most connections at the same time; further ones wait.
const CONNECTIONS: usize = 64;

/// Time for a handshake, for the headers of a request, and for its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pause after the system has refused a connection, for example for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Error from serving a CA.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The TLS certificate or its key cannot be used.
    #[error("the TLS certificate of the CA cannot be used: {0}")]
    Tls(String),
}

/// Serves a CA until `stop` is canceled.
pub async fn serve(
    listener: TcpListener,
    tls: &Pair,
    ca: Arc<Ca>,
    stop: CancellationToken,
) -> Result<(), ServeError> {
    let acceptor = acceptor(tls)?;
    let (places, tasks) = (Arc::new(Semaphore::new(CONNECTIONS)), TaskTracker::new());
    loop {
        let accepted = stop.run_until_cancelled(async {
            // The semaphore is never closed.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        });
        let Some((place, accepted)) = accepted.await else { break };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (acceptor, ca, stop) = (acceptor.clone(), Arc::clone(&ca), stop.clone());
        tasks.spawn(async move {
            let served = connection(stream, &acceptor, ca);
            // A client that fails has closed its connection.
            let _ = stop.run_until_cancelled(served).await;
            drop(place);
        });
    }
    tasks.close();
    tasks.wait().await;
    Ok(())
}

fn acceptor(tls: &Pair) -> Result<TlsAcceptor, ServeError> {
    let wrong = |error: String| ServeError::Tls(error);
    let chain = CertificateDer::pem_slice_iter(tls.certificate.as_bytes());
    let chain = chain.collect::<Result<Vec<_>, _>>().map_err(|error| wrong(error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(tls.key.as_bytes()).map_err(|error| wrong(error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| wrong(error.to_string()))?.with_no_client_auth();
    let mut config = config.with_single_cert(chain, key).map_err(|error| wrong(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn connection(stream: TcpStream, acceptor: &TlsAcceptor, ca: Arc<Ca>) -> io::Result<()> {
    let stream = timeout(PATIENCE, acceptor.accept(stream)).await??;
    let service = service_fn(move |request| {
        let ca = Arc::clone(&ca);
        async move { Ok::<_, Infallible>(response(ca, request).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(BUFFER);
    server.serve_connection(TokioIo::new(stream), service).await.map_err(io::Error::other)
}

async fn response(ca: Arc<Ca>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let body = match timeout(PATIENCE, Limited::new(body, LARGEST_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => return empty(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return empty(StatusCode::REQUEST_TIMEOUT),
    };
    // An answer waits for other calls and for the disk.
    let answered = tokio::task::spawn_blocking(move || {
        let uri = head.uri.path_and_query().map_or("/", |uri| uri.as_str());
        let authorization = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let call = Call { method: head.method.as_str(), uri, authorization, body: &body };
        ca.answer(&call, SystemTime::now())
    });
    let Ok(Answer { status, body, location }) = answered.await else {
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(location) = location.and_then(|location| HeaderValue::try_from(location).ok()) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
