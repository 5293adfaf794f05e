//! The server's certificate and key.

use ccs_server::ServerTls;
use rcgen::{CertificateParams, KeyPair};

/// Certificate for localhost, and its key.
pub(crate) struct Certified {
    pub(crate) certificate: String,
    key: String,
}

impl Certified {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        Self { certificate: certificate.pem(), key: key.serialize_pem() }
    }

    pub(crate) fn server(&self) -> ServerTls {
        ServerTls::from_pem(self.certificate.as_bytes(), self.key.as_bytes()).unwrap()
    }
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let error = |certificate: &str, key: &str| {
        ServerTls::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err().to_string()
    };
    let message = error(&certificate.pem(), &other.serialize_pem());
    assert!(message.starts_with("the TLS certificate and key cannot be used: "), "{message}");
    let message = error(&certificate.pem(), "no key");
    assert!(message.starts_with("the TLS key cannot be read: "), "{message}");
    let message = error("-----BEGIN CERTIFICATE-----\n!\n", &key.serialize_pem());
    assert!(message.starts_with("the TLS certificate cannot be read: "), "{message}");
}
