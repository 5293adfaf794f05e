//! Resolves paths inside the peer's file system, which may be an unpacked image.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};

/// The maximum number of links followed in a path, as in Linux.
const MAX_LINKS: usize = 40;

/// The root of the peer's file system.
#[derive(Clone, Debug)]
pub(crate) struct Root(PathBuf);

impl Root {
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self(folder.unwrap_or(Path::new("/")).to_owned())
    }

    /// Returns whether this is the file system of this process, in which programs can run.
    pub(crate) fn is_here(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// Returns the path of a file without following links.
    pub(crate) fn join(&self, path: &Path) -> PathBuf {
        if self.is_here() { path.to_owned() } else { self.0.join(path.strip_prefix("/").unwrap_or(path)) }
    }

    /// Follows links inside the root, to which absolute links are relative.
    pub(crate) fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        if self.is_here() {
            return path.canonicalize();
        }
        let mut links = 0;
        let mut resolved = PathBuf::from("/");
        let mut rest: Vec<_> = names(path);
        while let Some(name) = rest.pop() {
            if name == ".." {
                resolved.pop();
                continue;
            }
            let next = self.join(&resolved.join(&name));
            if !next.symlink_metadata()?.is_symlink() {
                resolved.push(name);
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::other("too many levels of symbolic links"));
            }
            let target = next.read_link()?;
            if target.is_absolute() {
                resolved = PathBuf::from("/");
            }
            rest.extend(names(&target));
        }
        Ok(self.join(&resolved))
    }

    /// Returns whether a path refers to a file that some user may execute.
    pub(crate) fn has_program(&self, path: &Path) -> bool {
        let metadata = self.resolve(path).and_then(|file| file.metadata());
        metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    }
}

/// Returns the names in a path, the last one first.
fn names(path: &Path) -> Vec<std::ffi::OsString> {
    let name = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    let mut names: Vec<_> = path.components().filter_map(name).collect();
    names.reverse();
    names
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_stay_inside_the_root() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        fs::create_dir_all(base.join("usr/bin")).unwrap();
        fs::write(base.join("usr/bin/bash"), "x").unwrap();
        symlink("usr/bin", base.join("bin")).unwrap();
        symlink("/bin/bash", base.join("usr/bin/sh")).unwrap();
        symlink("../../../../etc/passwd", base.join("usr/bin/out")).unwrap();
        symlink("loop", base.join("usr/bin/loop")).unwrap();
        let root = Root::new(Some(base));
        assert_eq!(root.resolve(Path::new("/bin/sh")).unwrap(), base.join("usr/bin/bash"));
        assert!(root.resolve(Path::new("/bin/out")).is_err());
        assert!(root.resolve(Path::new("/bin/loop")).unwrap_err().to_string().contains("too many"));
        assert!(!root.has_program(Path::new("/bin/sh")));
    }
}
