//! A certificate authority in a folder of its own, made anew by each test.

use std::fs;
use std::path::PathBuf;

use asset_transfer::TlsFiles;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// PEM text of a certificate and its key.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// A CA, a server certificate for `localhost` as files, and a client certificate.
pub(crate) struct Authority {
    pub(crate) folder: TempDir,
    pub(crate) root: String,
    pub(crate) client: Pair,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = named("CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let issue = |name: &str| {
            let key = KeyPair::generate().unwrap();
            let certificate = named(name).signed_by(&key, &issuer).unwrap().pem();
            Pair { certificate, key: key.serialize_pem() }
        };
        let authority = Self { folder: TempDir::new().unwrap(), root: issuer.pem(), client: issue("peer") };
        let server = issue("localhost");
        for (name, text) in
            [("ca.pem", &authority.root), ("server.pem", &server.certificate), ("server.key", &server.key)]
        {
            fs::write(authority.file(name), text).unwrap();
        }
        authority
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The files of a server that asks for client certificates, or that does not.
    pub(crate) fn server_files(&self, ask_for_client_certificate: bool) -> TlsFiles {
        TlsFiles {
            key: self.file("server.key"),
            certificate: self.file("server.pem"),
            client_ca: ask_for_client_certificate.then(|| self.file("ca.pem")),
        }
    }
}

/// OpenSSL takes a certificate whose issuer has its own name for a self-signed one: each gets a name.
fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
