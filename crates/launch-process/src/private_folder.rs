//! A folder for what launches of one user share: the locks, and what tools keep from one build to the next.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use ccs_launch::{ExitCode, Failure};
use rustix::process::geteuid;

/// Returns the folder among the temporary files that only the user of the peer can read and write; makes it where it is missing.
pub fn private_folder(temporary: &Path) -> Result<PathBuf, Failure> {
    let user = geteuid().as_raw();
    let path = temporary.join(format!("fabric-ccs-{user}"));
    match DirBuilder::new().mode(0o700).create(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(cannot("make", &path, &error.to_string())),
    }
    let found = fs::symlink_metadata(&path).map_err(|error| cannot("read", &path, &error.to_string()))?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        return Err(cannot("use", &path, "it is not a folder that only the peer's user can read")
            .with_hint("remove it; it is made again"));
    }
    Ok(path)
}

fn cannot(action: &str, path: &Path, reason: &str) -> Failure {
    Failure::new(ExitCode::InputOutput, format!("cannot {action} {}: {reason}", path.display()))
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
