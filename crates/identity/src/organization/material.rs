//! The certificates and keys of a new organization.

use std::sync::Arc;
use std::time::SystemTime;

use super::blueprint::{Blueprint, place};
use super::{NodeTls, OrganizationError};
use crate::attributes::Attributes;
use crate::authority::{Authority, IssueError, Pair, Request, TlsUse};
use crate::certificate::Certificate;
use crate::msp::{Msp, MspSettings, NodeUnits};
use crate::msp_id::MspId;
use crate::role::Role;
use crate::signer::{Signer, SignerError};

/// The two CAs of an organization.
pub(super) struct Authorities {
    pub(super) identities: Authority,
    pub(super) tls: Authority,
}

/// The two certificates of a member.
pub(super) struct Member {
    /// Common name.
    pub(super) name: String,
    pub(super) identity: Pair,
    pub(super) tls: Pair,
}

/// Certificates and keys that every organization has.
pub(super) struct Material {
    pub(super) authorities: Authorities,
    pub(super) node: Member,
    pub(super) admin: Member,
}

impl Authorities {
    fn make(plan: &Blueprint, now: SystemTime) -> Result<Self, IssueError> {
        let make = |kind: &str| {
            let domain = plan.domain.as_str();
            Authority::make(&format!("{kind}.{domain}"), domain, place(&plan.domain), now)
        };
        Ok(Self { identities: make("ca")?, tls: make("tlsca")? })
    }

    /// Issues the certificates of a user.
    pub(super) fn user(
        &self,
        name: String,
        role: Role,
        attributes: Option<&Attributes>,
    ) -> Result<Member, IssueError> {
        let identity = Request::Identity { name: &name, unit: role.word(), attributes };
        let tls = Request::Tls { name: &name, hosts: &[], usage: TlsUse::Client };
        Ok(Member { identity: self.identities.issue(&identity)?, tls: self.tls.issue(&tls)?, name })
    }

    /// Issues the certificates of the node.
    fn node(&self, plan: &Blueprint) -> Result<Member, IssueError> {
        let (name, usage) = (&plan.node, TlsUse::ServerAndClient);
        let identity = Request::Identity { name, unit: plan.kind.role().word(), attributes: None };
        let tls = Request::Tls { name, hosts: &plan.hosts, usage };
        let (identity, tls) = (self.identities.issue(&identity)?, self.tls.issue(&tls)?);
        Ok(Member { name: name.clone(), identity, tls })
    }
}

impl Member {
    /// Returns the signer of this member.
    pub(super) fn signer(&self, msp_id: &MspId) -> Result<Arc<Signer>, OrganizationError> {
        let Pair { certificate, key } = &self.identity;
        let signer = Signer::from_pem(msp_id.clone(), certificate.as_bytes(), key.as_bytes());
        signer.map(Arc::new).map_err(|reason| unusable(&self.name, reason))
    }
}

impl Material {
    /// Creates the CAs, and issues the certificates of the node and of the administrator.
    pub(super) fn make(plan: &Blueprint, now: SystemTime) -> Result<Self, IssueError> {
        let authorities = Authorities::make(plan, now)?;
        Ok(Self {
            node: authorities.node(plan)?,
            admin: authorities.user(plan.user_name("Admin"), Role::Admin, None)?,
            authorities,
        })
    }

    /// Returns the MSP that the CAs define.
    pub(super) fn msp(&self, msp_id: &MspId) -> Result<Arc<Msp>, OrganizationError> {
        let read = |ca: &Authority| {
            let certificate = Certificate::from_pem(ca.certificate().as_bytes());
            certificate.map_err(|reason| unusable(msp_id.as_str(), SignerError::Certificate(reason)))
        };
        let root = read(&self.authorities.identities)?;
        let mut settings = MspSettings::new(msp_id.clone(), root.clone());
        settings.node_units = Some(NodeUnits::usual(Some(&root)));
        settings.tls_roots = vec![read(&self.authorities.tls)?];
        Ok(Arc::new(Msp::new(settings).map_err(OrganizationError::Msp)?))
    }

    /// Returns the TLS certificates and the key of the node.
    pub(super) fn tls(&self) -> NodeTls {
        NodeTls { ca: self.authorities.tls.certificate().to_owned(), server: self.node.tls.clone() }
    }
}

fn unusable(path: &str, reason: SignerError) -> OrganizationError {
    OrganizationError::Signer { path: path.to_owned(), reason }
}
