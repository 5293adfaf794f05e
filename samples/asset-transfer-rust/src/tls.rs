//! Builds the acceptor of the TLS front from the PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::TlsFiles;

/// The reason why one of the TLS files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read, or contains no item of the expected kind.
    #[error("cannot read the {what} from {}: {reason}", file.display())]
    Unreadable {
        /// The expected item.
        what: &'static str,
        /// The PEM file.
        file: PathBuf,
        /// The cause.
        reason: pem::Error,
    },
    /// The file was read, but TLS cannot use its content.
    #[error("cannot use the {what} in {}: {reason}", file.display())]
    Unusable {
        /// The item.
        what: &'static str,
        /// The PEM file.
        file: PathBuf,
        /// The cause.
        reason: String,
    },
    /// The cryptography library does not support TLS 1.2 and 1.3.
    #[error("cannot set up TLS")]
    Provider(#[source] rustls::Error),
}

impl TlsError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreadable { what: KEY, .. } => Some(
                "CHAINCODE_TLS_KEY must name a PEM file with a PKCS#8, SEC1 or PKCS#1 private key".to_owned(),
            ),
            Self::Unreadable { .. } => Some("the file must be PEM and readable by this process".to_owned()),
            Self::Unusable { what: CERTIFICATE, .. } => Some(
                "the first certificate of the file must belong to the key in CHAINCODE_TLS_KEY".to_owned(),
            ),
            Self::Unusable { .. } | Self::Provider(_) => None,
        }
    }
}

const KEY: &str = "private key";
const CERTIFICATE: &str = "certificate";
const CLIENT_CA: &str = "client CA certificate";

/// Reads the files and builds an acceptor for HTTP/2 over TLS 1.2 or later, which peers use.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Provider)?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => builder.with_client_cert_verifier(client_verifier(file)?),
    };
    let mut config = builder
        .with_single_cert(certificates(CERTIFICATE, &files.certificate)?, private_key(&files.key)?)
        .map_err(|reason| unusable(CERTIFICATE, &files.certificate, &reason))?;
    // gRPC uses HTTP/2, and grpc-go rejects a server that does not negotiate it.
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn client_verifier(file: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(CLIENT_CA, file)? {
        roots.add(certificate).map_err(|reason| unusable(CLIENT_CA, file, &reason))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()))
        .build()
        .map_err(|reason| unusable(CLIENT_CA, file, &reason))
}

fn certificates(what: &'static str, file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unreadable = |reason| TlsError::Unreadable { what, file: file.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(file)
        .map_err(unreadable)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    if certificates.is_empty() { Err(unreadable(pem::Error::NoItemsFound)) } else { Ok(certificates) }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let key = PrivateKeyDer::from_pem_file(file).map_err(|reason| TlsError::Unreadable {
        what: KEY,
        file: file.to_owned(),
        reason,
    })?;
    // Fabric's own tools write PKCS#8 under the label "EC PRIVATE KEY", so use the bytes and not the label.
    PrivateKeyDer::try_from(key.secret_der().to_vec()).map_err(|reason| unusable(KEY, file, &reason))
}

fn unusable(what: &'static str, file: &Path, reason: &impl ToString) -> TlsError {
    TlsError::Unusable { what, file: file.to_owned(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_pkcs8_key_under_the_label_of_sec1_is_read_as_what_it_is() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("server.key");
        let pem = rcgen::KeyPair::generate().unwrap().serialize_pem();
        fs::write(&file, pem.replace("PRIVATE KEY", "EC PRIVATE KEY")).unwrap();
        assert!(matches!(private_key(&file).unwrap(), PrivateKeyDer::Pkcs8(_)));
    }

    #[test]
    fn an_absent_file_is_named_with_its_cause() {
        let error = certificates(CLIENT_CA, Path::new("absent.pem")).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the client CA certificate from absent.pem: "), "{error}");
        assert!(error.contains("No such file"), "{error}");
    }
}
