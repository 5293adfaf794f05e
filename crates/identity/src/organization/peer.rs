//! An organization with a peer, in memory or in its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::blueprint::Blueprint;
use super::check::Checked;
use super::files::{NewFile, empty_folders, files, public, user};
use super::folder::{Draft, create, is_occupied, replace};
use super::material::{Material, Member};
use super::profile::{self, ProfileSettings, profile_name};
use super::{NodeTls, OrganizationError, OrganizationPlan, Origin, unwritable};
use crate::authority::IssueError;
use crate::msp::Msp;
use crate::role::Role;
use crate::signer::Signer;

/// Name of the user.
const USER: &str = "User1";

/// Organization with a peer, an administrator and a user, including their keys.
#[derive(Debug)]
pub struct Organization {
    msp: Arc<Msp>,
    peer: Arc<Signer>,
    admin: Arc<Signer>,
    user: Arc<Signer>,
    tls: NodeTls,
}

/// Certificates and keys of a new organization.
struct New {
    blueprint: Blueprint,
    common: Material,
    user: Member,
}

impl Organization {
    /// Creates an organization in memory only.
    pub fn in_memory(plan: &OrganizationPlan, now: SystemTime) -> Result<Self, OrganizationError> {
        New::make(plan, now)?.organization()
    }

    /// Returns the organization's folder below `organizations`, such as
    /// `organizations/peerOrganizations/org1.example.com`.
    #[must_use]
    pub fn folder(organizations: &Path, plan: &OrganizationPlan) -> PathBuf {
        plan.blueprint().folder(organizations)
    }

    /// Opens the organization's folder, and creates it first if it is missing or empty.
    ///
    /// Existing files are checked and never changed, so the keys stay the same across restarts. A new folder appears
    /// atomically, even if several processes create it at once. Keys have mode 0600, folders that contain only keys
    /// 0700, other folders 0755. Git ignores what this creates: all of `organizations` if that was missing or empty.
    pub fn open_or_make(
        plan: &OrganizationPlan,
        organizations: &Path,
        now: SystemTime,
    ) -> Result<(Self, Origin), OrganizationError> {
        let folder = Self::folder(organizations, plan);
        if !is_occupied(&folder)? {
            let new = New::make(plan, now)?;
            if create(organizations, &folder, &new.draft(plan))? {
                return Ok((new.organization()?, Origin::Made));
            }
        }
        Ok((Self::open(plan, &folder, now)?, Origin::Found))
    }

    /// Opens the folder of an organization, in the layout of cryptogen or of Fabric's test network with CAs.
    ///
    /// Requires valid certificates for the peer, the administrator and the user, and a valid TLS certificate for the
    /// peer's name and the hosts of the plan.
    pub fn open(plan: &OrganizationPlan, folder: &Path, now: SystemTime) -> Result<Self, OrganizationError> {
        let blueprint = plan.blueprint();
        let checked = Checked::open(&blueprint, folder, now)?;
        Ok(Self {
            peer: checked.node()?,
            admin: checked.user("Admin", Role::Admin)?,
            user: checked.user(USER, Role::Client)?,
            tls: checked.tls()?,
            msp: Arc::new(checked.msp),
        })
    }

    /// Updates the connection profiles in the organization's folder. Profiles that this program has not written stay as
    /// they are.
    pub fn update_profiles(
        &self,
        plan: &OrganizationPlan,
        organizations: &Path,
        settings: &ProfileSettings,
    ) -> Result<(), OrganizationError> {
        let folder = Self::folder(organizations, plan);
        let own = profile_name(plan);
        for file in profiles(plan, &self.tls.ca, settings) {
            let path = folder.join(&file.path);
            let is_outdated = |found: &String| found.contains(&own) && *found != file.content;
            if fs::read_to_string(&path).is_ok_and(|found| is_outdated(&found)) {
                replace(&folder, &path, &file.content).map_err(|error| unwritable(&path, &error))?;
            }
        }
        Ok(())
    }

    /// Returns the MSP.
    #[must_use]
    pub fn msp(&self) -> &Arc<Msp> {
        &self.msp
    }

    /// Returns the peer's identity, which signs endorsements.
    #[must_use]
    pub fn peer(&self) -> &Arc<Signer> {
        &self.peer
    }

    /// Returns the administrator `Admin`.
    #[must_use]
    pub fn admin(&self) -> &Arc<Signer> {
        &self.admin
    }

    /// Returns the client `User1`.
    #[must_use]
    pub fn user(&self) -> &Arc<Signer> {
        &self.user
    }

    /// Returns the peer's TLS certificates and key.
    #[must_use]
    pub fn tls(&self) -> &NodeTls {
        &self.tls
    }
}

impl New {
    fn make(plan: &OrganizationPlan, now: SystemTime) -> Result<Self, IssueError> {
        let blueprint = plan.blueprint();
        let common = Material::make(&blueprint, now)?;
        let user = common.authorities.user(blueprint.user_name(USER), Role::Client, None)?;
        Ok(Self { blueprint, common, user })
    }

    fn draft(&self, plan: &OrganizationPlan) -> Draft {
        let authorities = &self.common.authorities;
        let mut all = files(&self.blueprint, &self.common);
        all.extend(user(&self.blueprint.domain, authorities, &self.user));
        let settings = ProfileSettings { is_tls: true, ..ProfileSettings::default() };
        all.extend(profiles(plan, authorities.tls.certificate(), &settings));
        Draft { files: all, empty: empty_folders(&self.blueprint, &["Admin", USER]) }
    }

    fn organization(&self) -> Result<Organization, OrganizationError> {
        let msp_id = &self.blueprint.msp_id;
        Ok(Organization {
            msp: self.common.msp(msp_id)?,
            peer: self.common.node.signer(msp_id)?,
            admin: self.common.admin.signer(msp_id)?,
            user: self.user.signer(msp_id)?,
            tls: self.common.tls(),
        })
    }
}

/// Returns the connection profiles.
fn profiles(plan: &OrganizationPlan, tls_ca: &str, settings: &ProfileSettings) -> [NewFile; 2] {
    let label = plan.domain.first_label();
    [
        public(format!("connection-{label}.json"), &profile::json(plan, tls_ca, settings)),
        public(format!("connection-{label}.yaml"), &profile::yaml(plan, tls_ca, settings)),
    ]
}
