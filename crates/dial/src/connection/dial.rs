//! Repeats the stages of a dial until an attempt succeeds or the timeout is over.
//!
//! [`crate::probe`] runs each of these stages once.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ccs_files::Address;
use ccs_proto::limits::{CLIENT_KEEPALIVE_INTERVAL, PING_TIMEOUT};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use super::error::{DialError, Stage, StageError};
use super::greeting::{self, Greeted, Stream};
use super::info::ConnectionInfo;
use super::progress::{Progress, Secured, Watch};
use super::tls::Settings;
use super::{tcp, tls};

/// The pause between two attempts. grpc-go starts with 1 s, which is long for an interactive user.
const PAUSE: Duration = Duration::from_millis(100);

/// The parsed settings for all attempts.
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    tls: Option<(Settings, ServerName<'static>)>,
    /// The time limit for the answer to a ping.
    ping_timeout: Duration,
}

pub(super) async fn dial(info: &ConnectionInfo, ping_timeout: Duration) -> Result<Channel, DialError> {
    let failure = |cause, timeout| DialError { address: info.address.clone(), timeout, cause };
    let target = Target::new(info).map_err(|cause| failure(cause, None))?;
    let target = Target { ping_timeout, ..target };
    let deadline = Instant::now() + info.dial_timeout;
    let mut stage = Stage::Resolve;
    let mut last: Option<StageError> = None;
    loop {
        let begin = Instant::now();
        let mut watch = |progress: Progress<'_>| {
            if let Progress::Begun(begun) = progress {
                stage = begun;
            }
        };
        match timeout_at(deadline, target.attempt(deadline, &mut watch)).await {
            Ok(Ok(channel)) => return Ok(channel),
            Ok(Err(cause)) if cause.may_pass() => last = Some(cause),
            Ok(Err(cause)) => return Err(failure(cause, None)),
            Err(_) => {
                // An attempt without enough time is less informative than the one before it.
                let cause = last.filter(|_| begin.elapsed() < PAUSE).unwrap_or(StageError::NoAnswer(stage));
                return Err(failure(cause, Some(info.dial_timeout)));
            }
        }
        if timeout_at(deadline, sleep(PAUSE)).await.is_err() {
            return Err(failure(last.unwrap_or(StageError::NoAnswer(stage)), Some(info.dial_timeout)));
        }
    }
}

impl Target {
    /// Parses the settings.
    pub(crate) fn new(info: &ConnectionInfo) -> Result<Self, StageError> {
        let (host, port) = host_and_port(info.address.parse()?)?;
        let tls = match &info.tls {
            None => None,
            Some(tls) => Some((tls::settings(tls)?, tls::server_name(tls, &host)?)),
        };
        Ok(Self { host, port, tls, ping_timeout: PING_TIMEOUT })
    }

    /// Requires this name in the server's certificate instead of the dialed host.
    pub(crate) fn require_name(&mut self, name: String) -> Result<(), StageError> {
        if let Some((_, required)) = &mut self.tls {
            *required = ServerName::try_from(name.clone()).map_err(|_| StageError::ServerName(name))?;
        }
        Ok(())
    }

    /// Runs the stages once.
    async fn attempt(&self, deadline: Instant, watch: Watch<'_>) -> Result<Channel, StageError> {
        let tcp = self.connect(deadline, watch).await?;
        let stream = self.secure(tcp, watch).await?;
        self.greet(stream, watch).await
    }

    /// Resolves the name and connects to one of its addresses; all addresses share the deadline.
    pub(crate) async fn connect(&self, deadline: Instant, watch: Watch<'_>) -> Result<TcpStream, StageError> {
        watch(Progress::Begun(Stage::Resolve));
        let failure = |error| StageError::Resolve { host: self.host.clone(), error };
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(failure)?;
        let addresses: Vec<_> = found.collect();
        watch(Progress::Resolved(&addresses));
        watch(Progress::Begun(Stage::Tcp));
        let (tcp, address) = tcp::connect(&addresses, deadline, watch).await.map_err(StageError::Tcp)?;
        tcp.set_nodelay(true).map_err(StageError::Tcp)?;
        watch(Progress::Connected(address));
        Ok(tcp)
    }

    /// Runs the TLS handshake, or returns the plain connection if TLS is off.
    pub(crate) async fn secure(
        &self,
        tcp: TcpStream,
        watch: Watch<'_>,
    ) -> Result<Box<dyn Stream>, StageError> {
        let Some((settings, name)) = &self.tls else { return Ok(Box::new(tcp)) };
        watch(Progress::Begun(Stage::Tls));
        settings.evidence.forget();
        let connecting = TlsConnector::from(Arc::clone(&settings.config)).connect(name.clone(), tcp).await;
        watch(Progress::Seen(&settings.evidence.seen()));
        let stream = connecting.map_err(|error| greeting::tls_failure(&error))?;
        watch(Progress::Secured(Secured::of(stream.get_ref().1)));
        Ok(Box::new(stream))
    }

    /// Passes an open stream to tonic and waits for the server's settings.
    pub(crate) async fn greet(
        &self,
        stream: Box<dyn Stream>,
        watch: Watch<'_>,
    ) -> Result<Channel, StageError> {
        watch(Progress::Begun(Stage::Http2));
        let over_tls = self.is_tls();
        let (greeted, mut verdict) = Greeted::new(stream, over_tls);
        let mut only = Some(TokioIo::new(greeted));
        // tonic reconnects when a connection is lost; this connector then has no second connection to return.
        let connector = tower::service_fn(move |_| {
            let stream = only.take().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected));
            std::future::ready(stream)
        });
        let broken = |error: tonic::transport::Error| StageError::Http2(error.to_string());
        match self.endpoint().map_err(broken)?.connect_with_connector(connector).await {
            // The sender is dropped without a verdict if the connection is dropped before a read.
            Ok(channel) => verdict.await.unwrap_or(Err(StageError::Closed { over_tls })).map(|()| channel),
            Err(error) => Err(verdict.try_recv().ok().and_then(Result::err).unwrap_or_else(|| broken(error))),
        }
    }

    /// Returns whether TLS is enabled.
    pub(crate) fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns whether the server requested a client certificate in the last handshake.
    pub(crate) fn was_asked_for_client(&self) -> bool {
        self.tls.as_ref().is_some_and(|(settings, _)| settings.evidence.seen().asked_for_client.is_some())
    }

    fn endpoint(&self) -> Result<Endpoint, tonic::transport::Error> {
        let address = Address::HostPort { host: self.host.clone(), port: self.port };
        // TLS is below tonic's connection, so tonic's endpoint is never https; the scheme in requests is.
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?
            .http2_keep_alive_interval(CLIENT_KEEPALIVE_INTERVAL)
            .keep_alive_timeout(self.ping_timeout)
            .keep_alive_while_idle(true)
            .user_agent(concat!("ccs-peer/", env!("CARGO_PKG_VERSION")))?;
        match (&self.tls, format!("https://{address}").parse()) {
            (Some(_), Ok(origin)) => Ok(endpoint.origin(origin)),
            _ => Ok(endpoint),
        }
    }
}

fn host_and_port(address: Address) -> Result<(String, u16), StageError> {
    match address {
        // In this case, Go dials the local host.
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_answers_no_ping_is_given_up_when_its_time_is_over() {
        let info = ConnectionInfo {
            address: "localhost:9999".to_owned(),
            dial_timeout: ConnectionInfo::DEFAULT_DIAL_TIMEOUT,
            tls: None,
        };
        for ping_timeout in [PING_TIMEOUT, Duration::from_hours(1)] {
            let (ours, mut server) = tokio::io::duplex(1024);
            let empty_settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
            server.write_all(&empty_settings).await.unwrap();
            let begin = Instant::now();
            let target = Target { ping_timeout, ..Target::new(&info).unwrap() };
            let _channel = target.greet(Box::new(ours), &mut |_| ()).await.unwrap();
            server.read_to_end(&mut Vec::new()).await.unwrap();
            assert_eq!(begin.elapsed().as_secs(), (CLIENT_KEEPALIVE_INTERVAL + ping_timeout).as_secs());
        }
    }
}
