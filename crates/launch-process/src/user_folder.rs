//! A folder for one launch or build as another user.
//!
//! Only the peer's user can read the peer's folders. The files for chaincode of another user are in a separate temporary folder. The
//! process that created the folder removes it; if that process was killed, its guard or the next launch does. A lock marks a folder
//! that is in use.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ccs_launch::{ExitCode, Failure};
use rustix::fs::OFlags;

use crate::private_folder::users_folder;

/// The prefix of the folders' names.
const PREFIX: &str = "launch-";

/// How many names to try.
const TRIES: u32 = 10;

/// A folder that is locked while it is in use, and removed when it is dropped.
#[derive(Debug)]
pub struct UserFolder {
    path: PathBuf,
    _lock: File,
}

impl UserFolder {
    /// Creates an empty folder, which the peer's user still owns, and removes the folders of killed processes.
    pub fn make(temporary: &Path) -> Result<Self, Failure> {
        let parent = users_folder(temporary)?;
        remove_left_overs(&parent);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        for number in 0..TRIES {
            let path = parent.join(format!("{PREFIX}{}-{now}-{number}", std::process::id()));
            let made = DirBuilder::new().mode(0o700).create(&path).and_then(|()| open(&path));
            let lock = match made {
                Ok(lock) => lock,
                // Before this launch could open the folder, another launch removed it as unused.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Failure::system("make", &path, error)),
            };
            // Before this launch could lock the folder, another launch may have removed it as unused.
            let is_ours = !matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock));
            if is_ours && is_at(&lock, &path) {
                return Ok(Self { path, _lock: lock });
            }
        }
        Err(Failure::new(ExitCode::InputOutput, format!("cannot keep a folder in {}", parent.display()))
            .with_hint("something removes what is in it"))
    }

    /// Returns its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for UserFolder {
    fn drop(&mut self) {
        // The next launch removes the rest.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn is_at(folder: &File, path: &Path) -> bool {
    let same = || -> io::Result<bool> {
        let (open, there) = (folder.metadata()?, fs::symlink_metadata(path)?);
        Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
    };
    same().unwrap_or(false)
}

/// Removes the folders that are not locked.
fn remove_left_overs(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        if let Ok(folder) = open(&entry.path())
            && folder.try_lock().is_ok()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_is_private_and_goes_with_its_owner() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = UserFolder::make(temporary.path()).unwrap();
        let path = folder.path().to_owned();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(path.parent().unwrap()), 0o711);
        fs::write(path.join("file"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_was_left_is_removed_and_one_in_use_is_not() {
        let temporary = tempfile::tempdir().unwrap();
        let used = UserFolder::make(temporary.path()).unwrap();
        let parent = used.path().parent().unwrap();
        let (left, other) = (parent.join("launch-1-2-0"), parent.join("cache-7"));
        for folder in [&left, &other] {
            fs::create_dir_all(folder.join("deep")).unwrap();
        }
        let _next = UserFolder::make(temporary.path()).unwrap();
        assert!(!left.exists() && other.exists() && used.path().exists());
    }
}
