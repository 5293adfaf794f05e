//! TLS configuration of the server.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};

/// Certificate and key of the server, ready to use.
#[derive(Clone)]
pub struct ServerTls(pub(crate) Arc<ServerConfig>);

impl fmt::Debug for ServerTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ServerTls").finish_non_exhaustive()
    }
}

/// Error from creating a TLS configuration.
#[derive(Debug, thiserror::Error)]
pub enum ServerTlsError {
    /// The certificate's PEM text cannot be read.
    #[error("the TLS certificate cannot be read: {0}")]
    Certificate(rustls::pki_types::pem::Error),
    /// The key's PEM text cannot be read.
    #[error("the TLS key cannot be read: {0}")]
    Key(rustls::pki_types::pem::Error),
    /// The certificate and the key do not match, or their type is not supported.
    #[error("the TLS certificate and key cannot be used: {0}")]
    Unusable(rustls::Error),
}

impl ServerTls {
    /// Reads the certificate, with its chain if there is one, and its key from PEM. Requires TLS 1.2 or later, like
    /// Fabric, and no client certificate.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, ServerTlsError> {
        Self::new(certificates, key, WebPkiClientVerifier::no_client_auth())
    }

    /// Like [`Self::from_pem`], but requires a client certificate issued by `ca`.
    pub fn with_clients_of(ca: &[u8], certificates: &[u8], key: &[u8]) -> Result<Self, ServerTlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca) {
            roots.add(certificate.map_err(ServerTlsError::Certificate)?).map_err(ServerTlsError::Unusable)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier =
            verifier.map_err(|error| ServerTlsError::Unusable(rustls::Error::General(error.to_string())))?;
        Self::new(certificates, key, verifier)
    }

    fn new(
        certificates: &[u8],
        key: &[u8],
        clients: Arc<dyn ClientCertVerifier>,
    ) -> Result<Self, ServerTlsError> {
        let certificates = CertificateDer::pem_slice_iter(certificates).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(ServerTlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(ServerTlsError::Key)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().and_then(
                |builder| builder.with_client_cert_verifier(clients).with_single_cert(certificates, key),
            );
        let mut config = config.map_err(ServerTlsError::Unusable)?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}
