//! Folders that launches of one user share: for the locks, for the caches of build tools, and for other users.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ccs_launch::Failure;
use rustix::process::geteuid;

/// Returns the temporary folder that only the user of the peer can read and write, and creates it if it is missing.
pub fn private_folder(temporary: &Path) -> Result<PathBuf, Failure> {
    let path = temporary.join(format!("fabric-ccs-{}", geteuid().as_raw()));
    make(&path, 0o700, "it is not a folder that only the peer's user can read")?;
    Ok(path)
}

/// Returns the temporary folder for the folders of other users. They can enter it, but neither read nor write it, so they cannot
/// change any name in it.
pub fn users_folder(temporary: &Path) -> Result<PathBuf, Failure> {
    let path = temporary.join(format!("fabric-ccs-{}-users", geteuid().as_raw()));
    make(&path, 0o711, "it is not a folder that only the peer's user can write, and all others can enter")?;
    Ok(path)
}

fn make(path: &Path, mode: u32, complaint: &str) -> Result<(), Failure> {
    let result = DirBuilder::new().mode(mode).create(path);
    match result.and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode))) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(Failure::system("make", path, error)),
    }
    let found = fs::symlink_metadata(path).map_err(|error| Failure::system("read", path, error))?;
    if !found.is_dir() || found.uid() != geteuid().as_raw() || found.mode() & 0o777 & !mode != 0 {
        return Err(Failure::system("use", path, complaint).with_hint("remove it; it is made again"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        let temporary = tempfile::tempdir().unwrap();
        let path = private_folder(temporary.path()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink("/", &path).unwrap();
        let line = private_folder(temporary.path()).unwrap_err().line();
        assert!(
            line.contains("it is not a folder that only the peer's user can read; hint: remove it"),
            "{line}"
        );
    }
}
