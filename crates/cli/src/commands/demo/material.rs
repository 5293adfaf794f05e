//! Certificates and keys for mutual TLS between the demo's peer and its chaincode.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use crate::failure::Failure;

/// How long the certificates are valid, in days: more than the builder warns about.
const DAYS: i64 = 90;

/// The PEM texts that go into the package, and the files that the chaincode's server reads.
pub(super) struct Material {
    /// The CA of both certificates.
    pub(super) ca_cert: String,
    /// What the peer presents.
    pub(super) client_cert: String,
    /// Its key.
    pub(super) client_key: String,
    /// The files for the server.
    pub(super) files: ServerFiles,
}

/// The files that the chaincode's server reads.
pub(super) struct ServerFiles {
    /// What the server presents.
    pub(super) certificate: PathBuf,
    /// Its key.
    pub(super) key: PathBuf,
    /// The CA of the peers' certificates.
    pub(super) client_ca: PathBuf,
}

impl Material {
    /// Makes everything; the server's part is written to the folder.
    pub(super) fn make(folder: &Path) -> Result<Self, Failure> {
        let made = |error: rcgen::Error| Failure::new(format!("cannot make the certificates: {error}"));
        let ca = authority().map_err(made)?;
        let (server_cert, server_key) =
            leaf(&ca, "asset-transfer", &["127.0.0.1", "localhost"], ExtendedKeyUsagePurpose::ServerAuth)
                .map_err(made)?;
        let (client_cert, client_key) =
            leaf(&ca, "peer0", &[], ExtendedKeyUsagePurpose::ClientAuth).map_err(made)?;
        DirBuilder::new()
            .mode(0o700)
            .create(folder)
            .map_err(|error| Failure::new(format!("cannot make the folder {}: {error}", folder.display())))?;
        let files = ServerFiles {
            certificate: write(folder, "server.pem", &server_cert)?,
            key: write(folder, "server.key", &server_key)?,
            client_ca: write(folder, "ca.pem", &ca.pem())?,
        };
        Ok(Self { ca_cert: ca.pem(), client_cert, client_key, files })
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = params("ccs demo CA", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

/// A certificate and its key, as PEM.
fn leaf(
    ca: &CertifiedIssuer<'static, KeyPair>,
    name: &str,
    hosts: &[&str],
    usage: ExtendedKeyUsagePurpose,
) -> Result<(String, String), rcgen::Error> {
    let mut params = params(name, hosts)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    let key = KeyPair::generate()?;
    Ok((params.signed_by(&key, ca)?.pem(), key.serialize_pem()))
}

fn params(name: &str, hosts: &[&str]) -> Result<CertificateParams, rcgen::Error> {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    let now = OffsetDateTime::now_utc();
    // A minute for clocks that differ.
    params.not_before = now - Duration::minutes(1);
    params.not_after = now + Duration::days(DAYS);
    Ok(params)
}

fn write(folder: &Path, name: &str, pem: &str) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(pem.as_bytes()));
    written.map_err(|error| {
        Failure::new(format!(
            "cannot write {}: {error}",
            fs::canonicalize(&path).unwrap_or(path.clone()).display()
        ))
    })?;
    Ok(path)
}
