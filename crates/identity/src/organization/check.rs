//! Opens an organization's folder and checks its content.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::blueprint::Blueprint;
use super::{NodeTls, OrganizationError};
use crate::authority::Pair;
use crate::certificate::Certificate;
use crate::msp::{ALGORITHMS, FolderError, Msp};
use crate::role::Role;
use crate::signer::{Signer, SignerError, require_key};

/// Organization's folder whose content is valid so far, and its MSP.
pub(super) struct Checked<'a> {
    pub(super) msp: Msp,
    plan: &'a Blueprint,
    folder: &'a Path,
    now: SystemTime,
}

impl<'a> Checked<'a> {
    /// Reads the MSP of an organization's folder, in the layout of cryptogen or of Fabric's test network with CAs.
    pub(super) fn open(
        plan: &'a Blueprint,
        folder: &'a Path,
        now: SystemTime,
    ) -> Result<Self, OrganizationError> {
        let msp = Msp::read(plan.msp_id.clone(), &folder.join("msp"))?;
        Ok(Self { msp, plan, folder, now })
    }

    /// Returns the node's signer, whose certificate must be valid.
    pub(super) fn node(&self) -> Result<Arc<Signer>, OrganizationError> {
        let role = self.plan.kind.role();
        signer(&self.msp, &self.node_folder().join("msp"), role, self.now).map(Arc::new)
    }

    /// Returns the signer of a user, whose certificate must be valid.
    pub(super) fn user(&self, name: &str, role: Role) -> Result<Arc<Signer>, OrganizationError> {
        let folder = self.folder.join("users").join(self.plan.user_name(name)).join("msp");
        signer(&self.msp, &folder, role, self.now).map(Arc::new)
    }

    /// Returns the node's TLS certificates and key, which must be valid for the required hosts.
    pub(super) fn tls(&self) -> Result<NodeTls, OrganizationError> {
        tls(&self.node_folder().join("tls"), &self.plan.required_hosts, self.now)
    }

    fn node_folder(&self) -> PathBuf {
        self.folder.join(self.plan.kind.nodes()).join(&self.plan.node)
    }
}

impl NodeTls {
    /// Returns whether the certificate is valid for a host.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        Certificate::from_pem(self.server.certificate.as_bytes()).is_ok_and(|server| covers(&server, host))
    }
}

fn signer(msp: &Msp, folder: &Path, role: Role, now: SystemTime) -> Result<Signer, OrganizationError> {
    let path = || folder.display().to_string();
    let signer = Signer::read(msp.id(), folder).map_err(|reason| match reason {
        SignerError::Folder(error) => OrganizationError::Folder(error),
        reason => OrganizationError::Signer { path: path(), reason },
    })?;
    let identity = msp.identify(signer.certificate().clone());
    let identity = identity.map_err(|reason| OrganizationError::Identity { path: path(), reason })?;
    if !identity.has_role(role) {
        return Err(OrganizationError::Role { path: path(), role });
    }
    if identity.is_expired(now) {
        return Err(OrganizationError::Expired { path: path() });
    }
    Ok(signer)
}

fn tls(folder: &Path, hosts: &[String], now: SystemTime) -> Result<NodeTls, OrganizationError> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| {
            OrganizationError::Folder(FolderError::Unreadable { path, reason: error.to_string() })
        })
    };
    let pair = Pair { certificate: read("server.crt")?, key: read("server.key")? };
    let tls = NodeTls { ca: read("ca.crt")?, server: pair };
    let path = folder.join("server.crt").display().to_string();
    let wrong = |reason: String| OrganizationError::Tls { path: path.clone(), reason };
    let server = Certificate::from_pem(tls.server.certificate.as_bytes());
    let server = server.map_err(|error| wrong(error.to_string()))?;
    if server.is_expired(now) {
        return Err(OrganizationError::Expired { path });
    }
    let mut missing = hosts.iter().filter(|host| !covers(&server, host));
    if let Some(host) = missing.next() {
        return Err(OrganizationError::Host { path, host: host.clone() });
    }
    require_chain(&tls, &server, now).map_err(|error| wrong(format!("ca.crt did not issue it: {error}")))?;
    match require_key(&server, tls.server.key.as_bytes()) {
        // TLS supports more key types than Fabric's signatures do.
        Ok(()) | Err(SignerError::Kind) => Ok(tls),
        Err(SignerError::OtherKey(_)) => Err(wrong("server.key belongs to another certificate".to_owned())),
        Err(_) => Err(wrong("server.key cannot be read".to_owned())),
    }
}

fn covers(certificate: &Certificate, host: &str) -> bool {
    let Ok(name) = ServerName::try_from(host) else { return false };
    let leaf = EndEntityCert::try_from(certificate.as_der());
    leaf.is_ok_and(|leaf| leaf.verify_is_valid_for_subject_name(&name).is_ok())
}

/// Checks that a client that trusts ca.crt accepts the server with the certificates that it sends.
fn require_chain(tls: &NodeTls, server: &Certificate, now: SystemTime) -> Result<(), webpki::Error> {
    let certificates = |pem: &str| -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect()
    };
    let roots = certificates(&tls.ca);
    let anchors = roots.iter().map(anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>()?;
    let leaf = EndEntityCert::try_from(server.as_der())?;
    let sent = certificates(&tls.server.certificate);
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let time = UnixTime::since_unix_epoch(since_1970);
    let usage = KeyUsage::server_auth();
    leaf.verify_for_usage(ALGORITHMS, &anchors, &sent, time, usage, None, None).map(|_| ())
}
