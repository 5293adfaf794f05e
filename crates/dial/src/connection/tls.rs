//! The TLS settings of a dial, parsed from PEM.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};

use super::error::StageError;
use super::evidence::{Asked, Evidence};
use super::info::{ClientPair, ConnectionTls};

/// The settings for every handshake, and the record of the last one.
pub(super) struct Settings {
    pub(super) config: Arc<ClientConfig>,
    pub(super) evidence: Arc<Evidence>,
}

/// Makes the settings: TLS 1.2 or later, and only the given roots.
pub(super) fn settings(tls: &ConnectionTls) -> Result<Settings, StageError> {
    let provider = Arc::new(ring::default_provider());
    let evidence = Arc::<Evidence>::default();
    let verifier = Arc::new(Verifier::new(&tls.root_cert, &provider, Arc::clone(&evidence))?);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StageError::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match &tls.client {
        None => builder.with_no_client_auth(),
        Some(pair) => builder
            .with_client_auth_cert(chain(pair)?, private_key(&pair.key)?)
            .map_err(|error| StageError::ClientPair(error.to_string()))?,
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let client = Arc::clone(&config.client_auth_cert_resolver);
    config.client_auth_cert_resolver = Arc::new(Asked { client, evidence: Arc::clone(&evidence) });
    Ok(Settings { config: Arc::new(config), evidence })
}

/// Returns the name for which the server's certificate must be valid.
pub(super) fn server_name(tls: &ConnectionTls, host: &str) -> Result<ServerName<'static>, StageError> {
    let domain = tls.client.as_ref().and_then(|client| client.domain.as_deref());
    let name = domain.unwrap_or(host).to_owned();
    ServerName::try_from(name.clone()).map_err(|_| StageError::ServerName(name))
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect()
}

fn chain(pair: &ClientPair) -> Result<Vec<CertificateDer<'static>>, StageError> {
    let chain = certificates(&pair.cert);
    if chain.is_empty() {
        return Err(StageError::ClientPair("client_cert contains no readable certificate".to_owned()));
    }
    Ok(chain)
}

/// Parses the first private key, by its content and not by its label.
///
/// A peer writes PKCS#8 under the label `EC PRIVATE KEY` (Fabric 3.1 `common/crypto/tlsgen`), and Go accepts it.
fn private_key(pem: &str) -> Result<PrivateKeyDer<'static>, StageError> {
    let failure = |reason: &str| StageError::ClientPair(format!("client_key {reason}"));
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.as_bytes());
    let mut keys = sections.filter_map(Result::ok).filter(|(kind, _)| {
        matches!(kind, SectionKind::PrivateKey | SectionKind::EcPrivateKey | SectionKind::RsaPrivateKey)
    });
    let (_, der) = keys.next().ok_or_else(|| failure("contains no readable private key"))?;
    let key = PrivateKeyDer::try_from(der.as_slice()).map_err(&failure)?;
    Ok(key.clone_key())
}

/// A verifier like webpki's that also accepts a server's own certificate as root, as Go does.
///
/// A self-signed server certificate is often marked as a CA and also set as `root_cert`. Go accepts that (Go 1.26
/// `crypto/x509`, `Certificate.Verify`), but webpki rejects a server certificate that is a CA.
#[derive(Debug)]
struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
    evidence: Arc<Evidence>,
}

impl Verifier {
    fn new(
        root_cert: &str,
        provider: &Arc<CryptoProvider>,
        evidence: Arc<Evidence>,
    ) -> Result<Self, StageError> {
        let roots = certificates(root_cert);
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());
        let webpki =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider)).build();
        Ok(Self { webpki: webpki.map_err(|_| StageError::RootCert)?, roots, evidence })
    }
}

fn is_ca_as_end_entity(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) = error else {
        return false;
    };
    matches!(other.downcast_ref::<webpki::Error>(), Some(webpki::Error::CaUsedAsEndEntity))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.evidence.presented(end_entity, intermediates);
        let result =
            self.webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match result {
            // webpki checks the dates before it makes this check.
            Err(error) if is_ca_as_end_entity(&error) && self.roots.contains(end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts a label before the start of a DER structure; only that start matters here.
    fn labeled(label: &str, der: &[u8]) -> String {
        pem::encode(&pem::Pem::new(label, der))
    }

    #[test]
    fn the_content_tells_the_form_of_a_key() {
        let pkcs8 = [0x30, 0x06, 2, 1, 0, 0x30, 1, 0];
        let pkcs1 = [0x30, 0x06, 2, 1, 0, 0x02, 1, 0];
        let sec1 = [0x30, 0x06, 2, 1, 1, 0x04, 1, 0];
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"] {
            let form = |der| private_key(&labeled(label, der)).unwrap();
            assert!(matches!(form(&pkcs8), PrivateKeyDer::Pkcs8(_)), "{label}");
            assert!(matches!(form(&pkcs1), PrivateKeyDer::Pkcs1(_)), "{label}");
            assert!(matches!(form(&sec1), PrivateKeyDer::Sec1(_)), "{label}");
        }
    }

    #[test]
    fn a_key_behind_other_sections_is_found() {
        let pkcs8 = [0x30, 0x06, 2, 1, 0, 0x30, 1, 0];
        let text = labeled("EC PARAMETERS", &[6, 0]) + &labeled("PRIVATE KEY", &pkcs8);
        assert!(private_key(&text).is_ok());
    }
}
