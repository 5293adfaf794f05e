//! The server's TLS.

use std::fmt;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The server's certificate with its key, ready to use. Clients show no certificate.
#[derive(Clone)]
pub struct Tls(pub(super) Arc<ServerConfig>);

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Tls").finish_non_exhaustive()
    }
}

/// There can be no TLS with what was given.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate's PEM text cannot be read.
    #[error("the TLS certificate cannot be read: {0}")]
    Certificate(rustls::pki_types::pem::Error),
    /// The key's PEM text cannot be read.
    #[error("the TLS key cannot be read: {0}")]
    Key(rustls::pki_types::pem::Error),
    /// The two do not fit, or are of a kind that is not supported.
    #[error("the TLS certificate and key cannot be used: {0}")]
    Unusable(rustls::Error),
}

impl Tls {
    /// Reads the certificate, with those that lead to its root if any, and its key. TLS 1.2 or later, as with Fabric.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let certificates = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key));
        let mut config = config.map_err(TlsError::Unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}
