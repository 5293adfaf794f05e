//! The stages of a dial, again and again until one attempt succeeds or the time is over.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ccs_files::Address;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use super::error::{DialError, Stage, StageError};
use super::greeting::{self, Greeted, Stream};
use super::info::ConnectionInfo;
use super::{KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, tls};

/// The pause between two attempts; grpc-go's begins with 1 s, which is long for someone who watches.
const PAUSE: Duration = Duration::from_millis(100);

/// Where and how to dial, understood once for all attempts.
struct Target {
    host: String,
    port: u16,
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

pub(super) async fn dial(info: &ConnectionInfo) -> Result<Channel, DialError> {
    let failure = |cause, timeout| DialError { address: info.address.clone(), timeout, cause };
    let target = target(info).map_err(|cause| failure(cause, None))?;
    let deadline = Instant::now() + info.dial_timeout;
    let mut stage = Stage::Resolve;
    let mut last: Option<StageError> = None;
    loop {
        let begin = Instant::now();
        match timeout_at(deadline, attempt(&target, &mut stage)).await {
            Ok(Ok(channel)) => return Ok(channel),
            Ok(Err(cause)) if cause.may_pass() => last = Some(cause),
            Ok(Err(cause)) => return Err(failure(cause, None)),
            Err(_) => {
                // An attempt that had no time says less than the one before it.
                let cause = last.filter(|_| begin.elapsed() < PAUSE).unwrap_or(StageError::NoAnswer(stage));
                return Err(failure(cause, Some(info.dial_timeout)));
            }
        }
        if timeout_at(deadline, sleep(PAUSE)).await.is_err() {
            return Err(failure(last.unwrap_or(StageError::NoAnswer(stage)), Some(info.dial_timeout)));
        }
    }
}

fn target(info: &ConnectionInfo) -> Result<Target, StageError> {
    let (host, port) = host_and_port(info.address.parse()?)?;
    let tls = match &info.tls {
        None => None,
        Some(tls) => Some((Arc::new(tls::client_config(tls)?), tls::server_name(tls, &host)?)),
    };
    Ok(Target { host, port, tls })
}

fn host_and_port(address: Address) -> Result<(String, u16), StageError> {
    match address {
        // Go dials the local host then.
        Address::HostPort { host, port } if host.is_empty() => Ok(("localhost".to_owned(), port)),
        Address::HostPort { host, port } => Ok((host, port)),
        Address::Target { scheme: "dns" | "passthrough", endpoint } => {
            let path =
                endpoint.strip_prefix("//").and_then(|rest| rest.split_once('/')).map(|(_, path)| path);
            match path.unwrap_or(&endpoint).parse()? {
                Address::HostPort { host, port } => Ok((host, port)),
                Address::Target { scheme, .. } => Err(StageError::Scheme(scheme)),
            }
        }
        Address::Target { scheme, .. } => Err(StageError::Scheme(scheme)),
    }
}

/// Goes through the stages once, noting each as it begins.
async fn attempt(target: &Target, stage: &mut Stage) -> Result<Channel, StageError> {
    *stage = Stage::Resolve;
    let addresses = resolve(target).await?;
    *stage = Stage::Tcp;
    let tcp = TcpStream::connect(addresses.as_slice()).await.map_err(StageError::Tcp)?;
    tcp.set_nodelay(true).map_err(StageError::Tcp)?;
    let stream: Box<dyn Stream> = match &target.tls {
        None => Box::new(tcp),
        Some((config, name)) => {
            *stage = Stage::Tls;
            let connecting = TlsConnector::from(Arc::clone(config)).connect(name.clone(), tcp);
            Box::new(connecting.await.map_err(|error| greeting::tls_failure(&error))?)
        }
    };
    *stage = Stage::Http2;
    greet(target, stream).await
}

async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, StageError> {
    let failure = |error| StageError::Resolve { host: target.host.clone(), error };
    let found = tokio::net::lookup_host((target.host.as_str(), target.port)).await.map_err(failure)?;
    Ok(found.collect())
}

/// Hands an open stream to tonic and waits for the server's settings.
async fn greet(target: &Target, stream: Box<dyn Stream>) -> Result<Channel, StageError> {
    let over_tls = target.tls.is_some();
    let (greeted, verdict) = Greeted::new(stream, over_tls);
    let mut only = Some(TokioIo::new(greeted));
    // tonic connects anew when a connection is lost; this one then has nothing more to give.
    let connector = tower::service_fn(move |_| {
        let stream = only.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected));
        std::future::ready(stream)
    });
    let broken = |error: tonic::transport::Error| StageError::Http2(error.to_string());
    let channel =
        endpoint(target).map_err(broken)?.connect_with_connector(connector).await.map_err(broken)?;
    // A write can fail first; then nothing was read, and nobody tells.
    verdict.await.unwrap_or(Err(StageError::Closed { over_tls }))?;
    Ok(channel)
}

fn endpoint(target: &Target) -> Result<Endpoint, tonic::transport::Error> {
    let address = Address::HostPort { host: target.host.clone(), port: target.port };
    // TLS is below what tonic sees, so the scheme it dials is never https; the scheme in requests is.
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .user_agent(concat!("ccs-peer/", env!("CARGO_PKG_VERSION")))?;
    match (&target.tls, format!("https://{address}").parse()) {
        (Some(_), Ok(origin)) => Ok(endpoint.origin(origin)),
        _ => Ok(endpoint),
    }
}
