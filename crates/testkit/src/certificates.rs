//! A new certificate authority for each test, in a folder of its own.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

/// The PEM texts of a certificate and its key.
#[derive(Debug)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// The key.
    pub key: String,
}

/// A CA with a server certificate for `localhost` and 127.0.0.1 and a client certificate. The CA and the server also
/// have the files `ca.pem`, `server.pem` and `server.key`.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// The CA's certificate, as PEM.
    pub root: String,
    /// The client certificate of a peer.
    pub client: Pair,
}

impl Authority {
    /// Creates the CA and its certificates.
    #[must_use]
    pub fn new() -> Self {
        let mut params = named("CA", &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let client = issue(&issuer, &named("peer", &["peer"]));
        let authority = Self { folder: TempDir::new().unwrap(), root: issuer.pem(), client, issuer };
        let server = authority.issue("server", &["localhost", "127.0.0.1"]);
        for (name, text) in
            [("ca.pem", &authority.root), ("server.pem", &server.certificate), ("server.key", &server.key)]
        {
            fs::write(authority.file(name), text).unwrap();
        }
        authority
    }

    /// Returns the path of a file in the authority's folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Issues a certificate for hosts.
    #[must_use]
    pub fn issue(&self, name: &str, hosts: &[&str]) -> Pair {
        self.issue_with(name, hosts, |_| ())
    }

    /// Issues a certificate with custom parameters.
    #[must_use]
    pub fn issue_with(
        &self,
        name: &str,
        hosts: &[&str],
        differ: impl FnOnce(&mut CertificateParams),
    ) -> Pair {
        let mut params = named(name, hosts);
        differ(&mut params);
        issue(&self.issuer, &params)
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn issue(issuer: &CertifiedIssuer<'static, KeyPair>, params: &CertificateParams) -> Pair {
    let key = KeyPair::generate().unwrap();
    Pair { certificate: params.signed_by(&key, issuer).unwrap().pem(), key: key.serialize_pem() }
}

/// OpenSSL treats a certificate with the name of its issuer as self-signed, so each gets its own name.
fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}
