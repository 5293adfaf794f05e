//! The folder of an organization, which is created atomically and only read afterwards.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::ErrorKind::{AlreadyExists, DirectoryNotEmpty};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::TempDir;

use super::files::{NewFile, empty_folders, files, profiles};
use super::material::Material;
use super::profile::{ProfileSettings, profile_name};
use super::{Organization, OrganizationError, OrganizationPlan, Origin};
use crate::git::exclude_from_git;

impl Organization {
    /// Returns the organization's folder below `organizations`, such as
    /// `organizations/peerOrganizations/org1.example.com`.
    #[must_use]
    pub fn folder(organizations: &Path, plan: &OrganizationPlan) -> PathBuf {
        organizations.join("peerOrganizations").join(plan.domain.as_str())
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
        let failed = |error: &io::Error| OrganizationError::Unwritable {
            path: folder.display().to_string(),
            reason: error.to_string(),
        };
        if is_occupied(&folder).map_err(|error| failed(&error))? {
            return Ok((Self::open(plan, &folder, now)?, Origin::Found));
        }
        let material = Material::make(plan, now)?;
        let draft = draft(organizations, &files(plan, &material), &empty_folders(plan));
        let draft = draft.map_err(|error| failed(&error))?;
        match publish(&draft, &folder) {
            Ok(()) => {
                // The draft was renamed, so its destructor must not remove anything.
                let _ = draft.keep();
                Ok((material.organization(plan)?, Origin::Made))
            }
            // Another process was faster. The file system determines which of the two errors is returned.
            Err(error) if matches!(error.kind(), DirectoryNotEmpty | AlreadyExists) => {
                Ok((Self::open(plan, &folder, now)?, Origin::Found))
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

impl Organization {
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
        for file in profiles(plan, &self.tls().ca, settings) {
            let path = folder.join(&file.path);
            let is_outdated = |found: &String| found.contains(&own) && *found != file.content;
            if !fs::read_to_string(&path).is_ok_and(|found| is_outdated(&found)) {
                continue;
            }
            replace(&folder, &path, &file.content).map_err(|error| OrganizationError::Unwritable {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?;
        }
        Ok(())
    }
}

/// Replaces a file, so that a reader sees the old or the new content.
fn replace(folder: &Path, path: &Path, content: &str) -> io::Result<()> {
    let mut draft = tempfile::Builder::new().prefix(".ccs-").tempfile_in(folder)?;
    draft.write_all(content.as_bytes())?;
    draft.as_file().set_permissions(Permissions::from_mode(0o644))?;
    draft.as_file().sync_all()?;
    draft.persist(path)?;
    Ok(())
}

fn is_occupied(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes the files into a hidden folder of `organizations`, where no client looks for an organization.
fn draft(organizations: &Path, files: &[NewFile], empty: &[String]) -> io::Result<TempDir> {
    let is_shared = is_occupied(organizations)?;
    make_folder(organizations)?;
    if !is_shared {
        exclude_from_git(organizations)?;
    }
    let draft = tempfile::Builder::new().prefix(".ccs-").tempdir_in(organizations)?;
    if is_shared {
        exclude_from_git(draft.path())?;
    }
    for file in files {
        let path = draft.path().join(&file.path);
        make_folder(path.parent().unwrap_or(draft.path()))?;
        let mode = if file.is_secret { 0o600 } else { 0o644 };
        let mut written = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path)?;
        written.write_all(file.content.as_bytes())?;
        written.sync_all()?;
    }
    for folder in empty {
        make_folder(&draft.path().join(folder))?;
    }
    fs::set_permissions(draft.path(), Permissions::from_mode(0o755))?;
    Ok(draft)
}

/// Renames a draft to its final name.
fn publish(draft: &TempDir, folder: &Path) -> io::Result<()> {
    make_folder(folder.parent().unwrap_or(folder))?;
    fs::rename(draft.path(), folder)
}

fn make_folder(path: &Path) -> io::Result<()> {
    let is_for_keys = path.file_name().is_some_and(|name| name == "keystore");
    if is_for_keys {
        make_folder(path.parent().unwrap_or(path))?;
    }
    let mode = if is_for_keys { 0o700 } else { 0o755 };
    DirBuilder::new().mode(mode).recursive(true).create(path)
}
