//! Opens an organization's folder and checks its content.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::{Organization, OrganizationError, OrganizationPlan, PeerTls};
use crate::authority::Pair;
use crate::certificate::Certificate;
use crate::msp::{ALGORITHMS, FolderError, Msp};
use crate::role::Role;
use crate::signer::{Signer, SignerError, require_key};

impl Organization {
    /// Opens the folder of an organization, in the layout of cryptogen or of Fabric's test network with CAs.
    ///
    /// Requires valid certificates for the peer, the administrator and the user, and a valid TLS certificate for the
    /// peer's name and the hosts of the plan.
    pub fn open(plan: &OrganizationPlan, folder: &Path, now: SystemTime) -> Result<Self, OrganizationError> {
        let msp = Msp::read(plan.msp_id.clone(), &folder.join("msp"))?;
        let domain = &plan.domain;
        let peer = folder.join("peers").join(plan.peer_name());
        let user = |name: &str| folder.join(format!("users/{name}@{domain}/msp"));
        let signer = |path: PathBuf, role: Role| signer(&msp, &path, role, now).map(Arc::new);
        Ok(Self {
            peer: signer(peer.join("msp"), Role::Peer)?,
            admin: signer(user("Admin"), Role::Admin)?,
            user: signer(user("User1"), Role::Client)?,
            tls: tls(&peer.join("tls"), &plan.required_hosts(), now)?,
            msp: Arc::new(msp),
        })
    }
}

impl PeerTls {
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

fn tls(folder: &Path, hosts: &[String], now: SystemTime) -> Result<PeerTls, OrganizationError> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).map_err(|error| {
            OrganizationError::Folder(FolderError::Unreadable { path, reason: error.to_string() })
        })
    };
    let pair = Pair { certificate: read("server.crt")?, key: read("server.key")? };
    let tls = PeerTls { ca: read("ca.crt")?, server: pair };
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
fn require_chain(tls: &PeerTls, server: &Certificate, now: SystemTime) -> Result<(), webpki::Error> {
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
