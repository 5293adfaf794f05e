//! Copies folders, and changes their owner.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, lchown, symlink};
use std::path::Path;

use ccs_launch::{Account, Failure};

/// Copies a folder to a path that does not exist yet: files with their modes, folders with mode 0700, links unchanged.
pub fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    DirBuilder::new().mode(0o700).create(to).map_err(|error| Failure::system("make", to, error))?;
    for entry in fs::read_dir(from).map_err(|error| Failure::system("read", from, error))? {
        let entry = entry.map_err(|error| Failure::system("read", from, error))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|error| Failure::system("read", &path, error))?;
        if kind.is_dir() {
            copy(&path, &target)?;
        } else if kind.is_symlink() {
            let copied = fs::read_link(&path).and_then(|leads_to| symlink(leads_to, &target));
            copied.map_err(|error| Failure::system("write", &target, error))?;
        } else if kind.is_file() {
            fs::copy(&path, &target).map_err(|error| Failure::system("write", &target, error))?;
        }
    }
    Ok(())
}

/// Makes another user the owner of a folder and its content. The folder itself comes last, so that the user cannot change the
/// content before.
pub fn hand_over(folder: &Path, account: Account) -> Result<(), Failure> {
    for entry in fs::read_dir(folder).map_err(|error| Failure::system("read", folder, error))? {
        let entry = entry.map_err(|error| Failure::system("read", folder, error))?;
        let path = entry.path();
        if entry.file_type().map_err(|error| Failure::system("read", &path, error))?.is_dir() {
            hand_over(&path, account)?;
        } else {
            own(&path, account)?;
        }
    }
    own(folder, account)
}

fn own(path: &Path, account: Account) -> Result<(), Failure> {
    lchown(path, Some(account.user), Some(account.group)).map_err(|error| {
        Failure::system("hand over", path, error)
            .with_hint("process.user needs the capability CAP_CHOWN, which root has")
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_copy_has_the_same_files_modes_and_links() {
        let temporary = tempfile::tempdir().unwrap();
        let (from, to) = (temporary.path().join("from"), temporary.path().join("to"));
        fs::create_dir_all(from.join("a")).unwrap();
        fs::write(from.join("a/program"), "x").unwrap();
        fs::set_permissions(from.join("a/program"), fs::Permissions::from_mode(0o755)).unwrap();
        symlink("a/program", from.join("link")).unwrap();
        copy(&from, &to).unwrap();
        let program = fs::metadata(to.join("a/program")).unwrap();
        assert_eq!((program.len(), program.permissions().mode() & 0o7777), (1, 0o755));
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("a/program"));
        let line = copy(&from, &to).unwrap_err().line();
        assert!(
            line.starts_with(&format!("error 20 input/output: cannot make {}: ", to.display())),
            "{line}"
        );
    }
}
