//! The folder that `--state` names: for its owner alone, and not for git.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::error::Error;

/// Makes the folder if it is missing. It holds private data and the keys in packages, so others may not read it, and a
/// `.gitignore` keeps it out of commits. A folder that exists stays as it is: it may hold more than the peer's files.
pub(crate) fn prepare(folder: &Path) -> Result<(), Error> {
    let cannot = |error| Error::system("make the folder", folder, error);
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), fs::create_dir_all).map_err(cannot)?;
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => ccs_identity::exclude_from_git(folder).map_err(cannot),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(cannot(error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_new_folder_is_private_and_ignored_by_git() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("a/.ccs");
        prepare(&folder).unwrap();
        prepare(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_to_string(folder.join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn a_folder_that_exists_stays_as_it_is() {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        prepare(root.path()).unwrap();
        assert_eq!(fs::metadata(root.path()).unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        let error = prepare(&file.join("state")).unwrap_err();
        assert_eq!(error.to_string(), format!("cannot make the folder {}", file.join("state").display()));
    }
}
