//! The certificates and keys of a new organization.

use std::sync::Arc;
use std::time::SystemTime;

use super::{Organization, OrganizationError, OrganizationPlan, PeerTls};
use crate::authority::{Authority, IssueError, Pair, Request, TlsUse};
use crate::certificate::Certificate;
use crate::msp::{Msp, MspSettings, NodeUnits};
use crate::signer::{Signer, SignerError};

/// Certificates and keys of an organization.
pub(super) struct Material {
    pub(super) ca: Pair,
    pub(super) tls_ca: Pair,
    pub(super) peer: Member,
    pub(super) admin: Member,
    pub(super) user: Member,
}

/// The two certificates of a member.
pub(super) struct Member {
    /// Common name.
    pub(super) name: String,
    pub(super) identity: Pair,
    pub(super) tls: Pair,
}

impl Material {
    pub(super) fn make(plan: &OrganizationPlan, now: SystemTime) -> Result<Self, IssueError> {
        let domain = plan.domain.as_str();
        let ca = Authority::make(&format!("ca.{domain}"), domain, now)?;
        let tls_ca = Authority::make(&format!("tlsca.{domain}"), domain, now)?;
        let member = |name: String, unit: &str, hosts: &[String], usage: TlsUse| {
            let identity = ca.issue(&Request::Identity { name: &name, unit })?;
            let tls = tls_ca.issue(&Request::Tls { name: &name, hosts, usage })?;
            Ok::<_, IssueError>(Member { name, identity, tls })
        };
        Ok(Self {
            peer: member(plan.peer_name(), "peer", &plan.all_hosts(), TlsUse::ServerAndClient)?,
            admin: member(format!("Admin@{domain}"), "admin", &[], TlsUse::Client)?,
            user: member(format!("User1@{domain}"), "client", &[], TlsUse::Client)?,
            ca: ca.pair(),
            tls_ca: tls_ca.pair(),
        })
    }

    /// Returns the organization with these certificates and keys.
    pub(super) fn organization(&self, plan: &OrganizationPlan) -> Result<Organization, OrganizationError> {
        let read = |pair: &Pair| {
            let certificate = Certificate::from_pem(pair.certificate.as_bytes());
            certificate.map_err(|reason| unusable(&plan.msp_id.to_string(), SignerError::Certificate(reason)))
        };
        let root = read(&self.ca)?;
        let mut settings = MspSettings::new(plan.msp_id.clone(), root.clone());
        settings.node_units = Some(NodeUnits::usual(Some(&root)));
        settings.tls_roots = vec![read(&self.tls_ca)?];
        let signer = |member: &Member| {
            let Pair { certificate, key } = &member.identity;
            let signer = Signer::from_pem(plan.msp_id.clone(), certificate.as_bytes(), key.as_bytes());
            signer.map(Arc::new).map_err(|reason| unusable(&member.name, reason))
        };
        Ok(Organization {
            msp: Arc::new(Msp::new(settings).map_err(OrganizationError::Msp)?),
            peer: signer(&self.peer)?,
            admin: signer(&self.admin)?,
            user: signer(&self.user)?,
            tls: PeerTls { ca: self.tls_ca.certificate.clone(), server: self.peer.tls.clone() },
        })
    }
}

fn unusable(path: &str, reason: SignerError) -> OrganizationError {
    OrganizationError::Signer { path: path.to_owned(), reason }
}

impl Organization {
    /// Creates an organization in memory only.
    pub fn in_memory(plan: &OrganizationPlan, now: SystemTime) -> Result<Self, OrganizationError> {
        Material::make(plan, now)?.organization(plan)
    }
}
