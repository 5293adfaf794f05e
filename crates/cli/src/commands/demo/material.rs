//! Certificates and keys for mutual TLS between the demo's peer and its chaincode.

use std::path::{Path, PathBuf};

use ccs_disk::Existing;
use ccs_tls::{Authority, BUNDLE, Folder, Request, Role};

use crate::failure::Failure;

/// How long the certificates are valid, in days: so long that the builder does not warn.
const DAYS: u32 = 90;

/// The PEM texts that go into the package, and the files that the chaincode's server reads.
pub(super) struct Material {
    /// The CA of both certificates.
    pub(super) ca_cert: String,
    /// The certificate of the peer.
    pub(super) client_cert: String,
    /// Its key.
    pub(super) client_key: String,
    /// The files for the server.
    pub(super) files: ServerFiles,
}

/// The files that the chaincode's server reads.
pub(super) struct ServerFiles {
    /// The certificate of the server.
    pub(super) certificate: PathBuf,
    /// Its key.
    pub(super) key: PathBuf,
    /// The CA of the peers' certificates.
    pub(super) client_ca: PathBuf,
}

impl Material {
    /// Creates all files, in a folder like that of `ccs tls`.
    pub(super) fn make(folder: &Path) -> Result<Self, Failure> {
        let ca = Authority::make("ccs-demo", DAYS)?;
        let folder = Folder::create(folder, &ca)?;
        let issue = |role, name, hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
            let pair = ca.issue(&Request { role, name, hosts: &hosts, days: DAYS })?;
            let party = folder.put(role, name, &pair, Existing::Keep)?;
            Ok::<_, Failure>((pair, party))
        };
        let (_, server) = issue(Role::Server, "asset-transfer", &["127.0.0.1", "localhost"])?;
        let (client, _) = issue(Role::Client, "peer0", &[])?;
        let files = ServerFiles {
            certificate: server.certificate(),
            key: server.key(),
            client_ca: server.file(BUNDLE),
        };
        Ok(Self {
            ca_cert: ca.certificate().to_owned(),
            client_cert: client.certificate,
            client_key: client.key,
            files,
        })
    }
}
