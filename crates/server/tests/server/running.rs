//! A server on a free port of the loopback interface, and a well-behaved client.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ccs_server::{Budget, ServerOptions, Unproven, listen};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::tls::Certified;

/// Time limit of all waits, longer than anything here takes; only a failing test reaches it.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// Server, and a client's connection to it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    warnings: Arc<Mutex<Vec<String>>>,
    client: HealthClient<Channel>,
    stop: CancellationToken,
    served: JoinHandle<Option<()>>,
}

/// Starts a plaintext server with its own budget.
pub(crate) async fn start() -> Running {
    start_with(None, Budget::new()).await
}

/// Starts a server, with TLS if a certificate for localhost is given.
pub(crate) async fn start_with(certificate: Option<&Certified>, budget: Budget) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let warnings = Arc::<Mutex<Vec<String>>>::default();
    let told = Arc::clone(&warnings);
    let options = ServerOptions {
        tls: certificate.map(Certified::server),
        budget,
        max_message: 1 << 20,
        keepalive: (Duration::from_hours(2), Duration::from_secs(20)),
        unproven: |_| Unproven::Only,
        warn: Arc::new(move |warning| told.lock().unwrap().push(warning)),
    };
    let stop = CancellationToken::new();
    let (mut builder, connections) = listen(listener, options, stop.clone());
    let (_, health) = tonic_health::server::health_reporter();
    let serving = builder.add_service(health).serve_with_incoming(connections);
    // Connections that a test keeps open do not prevent the stop.
    let served = tokio::spawn(stop.clone().run_until_cancelled_owned(async { serving.await.unwrap() }));
    let channel = match certificate {
        Some(certificate) => Channel::from_shared(format!("https://localhost:{}", address.port()))
            .unwrap()
            .tls_config(
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&certificate.certificate)),
            )
            .unwrap(),
        None => Channel::from_shared(format!("http://{address}")).unwrap(),
    };
    let channel = channel.connect_lazy();
    Running { address, warnings, client: HealthClient::new(channel), stop, served }
}

impl Running {
    /// Calls the server on the client's connection, or on a new one if it was closed.
    pub(crate) async fn call(&self) {
        let answer = self.client.clone().check(HealthCheckRequest::default()).await.unwrap();
        assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap().clone()
    }

    /// Stops the server and waits until it has stopped.
    pub(crate) async fn stop(self) {
        let Self { client, stop, served, .. } = self;
        drop(client);
        stop.cancel();
        timeout(LIMIT, served).await.unwrap().unwrap();
    }
}
