//! The folder of `--state`: accessible only to its owner, and ignored by Git.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::Error;
use crate::options::PEERS;

/// Names of the files that the peer, or a file system, creates there.
const OURS: [&str; 7] = [".gitignore", "ca", "heights", "ledger.redb", "lifecycle", "lost+found", PEERS];

/// Creates the folder if it is missing. The folder contains private data and the keys in packages, so it is private,
/// and a `.gitignore` keeps it out of commits. An existing folder gets the same protection, unless it contains other
/// files: then it is left unchanged.
pub(crate) fn prepare(folder: &Path) -> Result<(), Error> {
    let cannot = |error| Error::system("create the folder", folder, error);
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), fs::create_dir_all).map_err(cannot)?;
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => ccs_identity::exclude_from_git(folder).map_err(cannot),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            adopt(folder).map_err(|error| Error::system("protect the folder", folder, error))
        }
        Err(error) => Err(cannot(error)),
    }
}

fn adopt(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        if !OURS.iter().any(|name| entry.as_ref().is_ok_and(|entry| entry.file_name() == *name)) {
            return Ok(());
        }
    }
    ccs_identity::exclude_from_git(folder)?;
    match fs::set_permissions(folder, fs::Permissions::from_mode(0o700)) {
        // The folder belongs to another user, such as a volume mounted for this one, and that user decides.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        set => set,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_folder_is_private_and_ignored_by_git() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/.ccs");
        prepare(&folder).unwrap();
        prepare(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
    }

    fn mode(folder: &Path) -> u32 {
        fs::metadata(folder).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_folder_of_the_peer_that_exists_becomes_private_and_ignored_by_git() {
        let folder = tempfile::tempdir().unwrap();
        for file in [None, Some("ledger.redb")] {
            file.map_or(Ok(()), |file| fs::write(folder.path().join(file), "")).unwrap();
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            prepare(folder.path()).unwrap();
            assert_eq!(mode(folder.path()), 0o700);
            assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).unwrap(), "*\n");
            fs::remove_file(folder.path().join(".gitignore")).unwrap();
        }
    }

    #[test]
    fn a_folder_with_more_than_the_peers_files_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["ledger.redb", "main.go"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        prepare(folder.path()).unwrap();
        assert_eq!(mode(folder.path()), 0o755);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = prepare(&file.join("state")).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot create the folder {}", file.join("state").display()));
    }
}
