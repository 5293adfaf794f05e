//! The address of a peer, and how to connect to it.

use std::time::Duration;

use ccs_files::Address;
use ccs_files::address::AddressError;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tonic::transport::{Certificate, Channel, ClientTlsConfig};

use crate::error::{Error, innermost};

/// The size of the flow control windows. The default of 64 KiB slows down large blocks.
const WINDOW_IN_BYTES: u32 = 1 << 20;

/// The limit for the headers of a response, in which a chaincode's error occurs three times. It is grpc-go's
/// (`internal/transport/defaults.go`); the default would be 16 KiB.
const MAX_HEADERS_IN_BYTES: u32 = 16 << 20;

/// The interval of pings on an idle stream, and the time limit for their answer.
///
/// A peer closes connections that ping more than once a minute (Fabric 3.1 `sampleconfig/core.yaml`,
/// `peer.keepalive`).
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(70), Duration::from_secs(20));

/// The address on which a peer accepts clients, and its TLS settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
    tls: Option<Tls>,
}

/// The TLS settings for a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The CA certificates that may have issued the peer's certificate, as PEM.
    pub ca: Vec<u8>,
    /// The name in the peer's certificate, if it differs from the dialed host.
    pub server_name: Option<String>,
}

/// The reason why an endpoint is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The address is invalid.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The address requires a resolver of grpc-go.
    #[error("address '{0}' is not host:port")]
    Target(String),
    /// The PEM text contains no certificate.
    #[error("the TLS CA contains no readable certificate")]
    NoCertificate,
}

impl EndpointError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Address(error) => error.hint(),
            Self::Target(_) => Some("write host:port, for example localhost:7051".to_owned()),
            Self::NoCertificate => {
                Some("use the PEM file of the CA that issued the peer's TLS certificate".to_owned())
            }
        }
    }
}

impl Endpoint {
    /// Parses `host:port`; without `tls`, the connection uses plaintext.
    pub fn new(address: &str, tls: Option<Tls>) -> Result<Self, EndpointError> {
        let (host, port) = match address.parse()? {
            Address::HostPort { host, port } if host.is_empty() => ("localhost".to_owned(), port),
            Address::HostPort { host, port } => (host, port),
            Address::Target { .. } => return Err(EndpointError::Target(address.to_owned())),
        };
        let has_certificate = |tls: &Tls| CertificateDer::pem_slice_iter(&tls.ca).any(|read| read.is_ok());
        if tls.as_ref().is_some_and(|tls| !has_certificate(tls)) {
            return Err(EndpointError::NoCertificate);
        }
        Ok(Self { host, port, tls })
    }

    /// Returns `host:port`.
    #[must_use]
    pub fn address(&self) -> String {
        Address::HostPort { host: self.host.clone(), port: self.port }.to_string()
    }

    /// Returns whether the connection uses TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Connects within `timeout`.
    pub(crate) async fn connect(&self, timeout: Duration) -> Result<Channel, Error> {
        let failed = |error: &tonic::transport::Error| self.failure(error);
        let scheme = if self.is_tls() { "https" } else { "http" };
        let mut endpoint = tonic::transport::Endpoint::from_shared(format!("{scheme}://{}", self.address()))
            .map_err(|error| failed(&error))?
            .connect_timeout(timeout)
            .http2_keep_alive_interval(KEEPALIVE.0)
            .keep_alive_timeout(KEEPALIVE.1)
            .initial_stream_window_size(WINDOW_IN_BYTES)
            .initial_connection_window_size(WINDOW_IN_BYTES)
            .http2_max_header_list_size(MAX_HEADERS_IN_BYTES)
            .user_agent(concat!("ccs-client/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| failed(&error))?;
        if let Some(tls) = &self.tls {
            let name = tls.server_name.as_deref().unwrap_or(&self.host);
            let config = ClientTlsConfig::new()
                .ca_certificate(Certificate::from_pem(&tls.ca))
                .domain_name(name)
                .timeout(timeout);
            endpoint = endpoint.tls_config(config).map_err(|error| failed(&error))?;
        }
        endpoint.connect().await.map_err(|error| failed(&error))
    }

    fn failure(&self, error: &tonic::transport::Error) -> Error {
        Error::Connect { address: self.address(), over_tls: self.is_tls(), reason: innermost(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_host_and_port_with_a_certificate_to_trust() {
        let plain = Endpoint::new("peer0.example.com:7051", None).unwrap();
        assert_eq!((plain.address(), plain.is_tls()), ("peer0.example.com:7051".to_owned(), false));
        assert_eq!(Endpoint::new("[::1]:7051", None).unwrap().address(), "[::1]:7051");
        assert_eq!(Endpoint::new(":7051", None).unwrap().address(), "localhost:7051");
        let error = Endpoint::new("localhost", None).unwrap_err();
        assert_eq!(error.to_string(), "address \"localhost\" has no port");
        let error = Endpoint::new("dns:///peer0:7051", None).unwrap_err();
        assert_eq!(error.to_string(), "address 'dns:///peer0:7051' is not host:port");
        let tls = Tls { ca: b"nothing".to_vec(), server_name: None };
        assert_eq!(Endpoint::new("localhost:7051", Some(tls)), Err(EndpointError::NoCertificate));
    }
}
