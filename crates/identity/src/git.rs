//! Keeps folders with private keys out of Git.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// Writes a `.gitignore` into a folder, so that Git ignores all of it. Keeps an existing `.gitignore`.
pub fn exclude_from_git(folder: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(folder.join(".gitignore")) {
        Ok(mut file) => file.write_all(b"*\n"),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_gitignore_of_somebody_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        exclude_from_git(folder.path()).unwrap();
        let path = folder.path().join(".gitignore");
        assert_eq!(fs::read_to_string(&path).unwrap(), "*\n");
        fs::write(&path, "secret\n").unwrap();
        exclude_from_git(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "secret\n");
        let error = exclude_from_git(&folder.path().join("absent")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
