//! A folder for one test, with packages and certificates in it.

use std::fs;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use time::{Duration, OffsetDateTime};

use crate::{ccs, stderr, stdout};

/// A folder for one test, and paths inside it as text.
pub(crate) struct Folder(tempfile::TempDir);

/// A certificate that signed itself, and its key; as PEM.
pub(crate) struct SelfSigned {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Makes a package with `ccs package` and returns its file and ID.
    pub(crate) fn package(&self, name: &str, options: &[&str]) -> (String, String) {
        let file = self.path(name);
        let output = ccs(&[&["package", &file], options].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        (file, stdout(&output).trim_end().to_owned())
    }

    /// Makes the package that shows everything: mutual TLS, templates, indexes. The certificates have 400 days left.
    pub(crate) fn full_package(&self) -> (String, String) {
        let index = r#"{"index":{"fields":["Owner"]},"ddoc":"byOwner","name":"byOwner","type":"json"}"#;
        self.write("META-INF/statedb/couchdb/indexes/byOwner.json", index);
        self.write("META-INF/statedb/couchdb/collections/private/indexes/byColor.json", index);
        let ca = SelfSigned::new("ca.example.com", &[], 400);
        let client = SelfSigned::new("peer0", &["peer0.example.com", "10.0.0.7"], 400);
        let root_cert = self.write("ca.pem", ca.certificate);
        let client_cert = self.write("peer.pem", client.certificate);
        let client_key = self.write("peer.key", client.key);
        let meta_inf = self.path("META-INF");
        let options = ["--label", "basic_1.0", "--address", "{{.peer_id}}.basic.{{.org}}:9999"];
        let tls = ["--root-cert", &root_cert, "--client-cert", &client_cert, "--client-key", &client_key];
        let more = ["--dial-timeout", "10s", "--meta-inf", &meta_inf];
        self.package("basic.tgz", &[&options[..], &tls, &more].concat())
    }
}

impl SelfSigned {
    /// Creates one that expires after this number of whole days; below zero, an expired one.
    pub(crate) fn new(name: &str, hosts: &[&str], days: i64) -> Self {
        Self::of(&Self::params(name, hosts, days))
    }

    /// Creates one that no client may present.
    pub(crate) fn for_servers(name: &str) -> Self {
        let mut params = Self::params(name, &[name], 400);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        Self::of(&params)
    }

    fn params(name: &str, hosts: &[&str], days: i64) -> CertificateParams {
        let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = OffsetDateTime::now_utc() + Duration::days(days.min(0) - 1);
        params.not_after = OffsetDateTime::now_utc() + Duration::days(days + 1) - Duration::minutes(1);
        params
    }

    fn of(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }
}
