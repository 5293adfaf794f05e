//! An organization with an orderer, in memory or in its folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::blueprint::Blueprint;
use super::check::Checked;
use super::files::{empty_folders, files};
use super::folder::{Draft, create, is_occupied};
use super::material::Material;
use super::{NodeTls, OrdererPlan, OrganizationError, Origin};
use crate::msp::Msp;
use crate::role::Role;
use crate::signer::Signer;

/// Organization with an orderer and an administrator, including their keys.
#[derive(Debug)]
pub struct OrdererOrganization {
    msp: Arc<Msp>,
    orderer: Arc<Signer>,
    admin: Arc<Signer>,
    tls: NodeTls,
}

impl OrdererOrganization {
    /// Creates an organization in memory only.
    pub fn in_memory(plan: &OrdererPlan, now: SystemTime) -> Result<Self, OrganizationError> {
        let blueprint = plan.blueprint();
        Self::from_new(&blueprint, &Material::make(&blueprint, now)?)
    }

    /// Returns the organization's folder below `organizations`, such as
    /// `organizations/ordererOrganizations/example.com`.
    #[must_use]
    pub fn folder(organizations: &Path, plan: &OrdererPlan) -> PathBuf {
        plan.blueprint().folder(organizations)
    }

    /// Opens the organization's folder, and creates it first if it is missing or empty, as
    /// [`Organization::open_or_make`](super::Organization::open_or_make) does.
    pub fn open_or_make(
        plan: &OrdererPlan,
        organizations: &Path,
        now: SystemTime,
    ) -> Result<(Self, Origin), OrganizationError> {
        let blueprint = plan.blueprint();
        let folder = blueprint.folder(organizations);
        if !is_occupied(&folder)? {
            let new = Material::make(&blueprint, now)?;
            let empty = empty_folders(&blueprint, &["Admin"]);
            if create(organizations, &folder, &Draft { files: files(&blueprint, &new), empty })? {
                return Ok((Self::from_new(&blueprint, &new)?, Origin::Made));
            }
        }
        Ok((Self::open(plan, &folder, now)?, Origin::Found))
    }

    /// Opens the folder of an organization, in the layout of cryptogen or of Fabric's test network with CAs.
    ///
    /// Requires valid certificates for the orderer and the administrator, and a valid TLS certificate for the orderer's
    /// name and the hosts of the plan.
    pub fn open(plan: &OrdererPlan, folder: &Path, now: SystemTime) -> Result<Self, OrganizationError> {
        let blueprint = plan.blueprint();
        let checked = Checked::open(&blueprint, folder, now)?;
        Ok(Self {
            orderer: checked.node()?,
            admin: checked.user("Admin", Role::Admin)?,
            tls: checked.tls()?,
            msp: Arc::new(checked.msp),
        })
    }

    fn from_new(plan: &Blueprint, new: &Material) -> Result<Self, OrganizationError> {
        Ok(Self {
            msp: new.msp(&plan.msp_id)?,
            orderer: new.node.signer(&plan.msp_id)?,
            admin: new.admin.signer(&plan.msp_id)?,
            tls: new.tls(),
        })
    }

    /// Returns the MSP.
    #[must_use]
    pub fn msp(&self) -> &Arc<Msp> {
        &self.msp
    }

    /// Returns the orderer's identity, which signs blocks.
    #[must_use]
    pub fn orderer(&self) -> &Arc<Signer> {
        &self.orderer
    }

    /// Returns the administrator `Admin`.
    #[must_use]
    pub fn admin(&self) -> &Arc<Signer> {
        &self.admin
    }

    /// Returns the orderer's TLS certificates and key.
    #[must_use]
    pub fn tls(&self) -> &NodeTls {
        &self.tls
    }
}
