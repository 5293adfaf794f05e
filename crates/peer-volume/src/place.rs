//! An open folder with its path. Names are looked up in the open folder, and symbolic links are not followed.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ccs_builder::folder::{Folder, Kind};
use ccs_builder::input;
use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

use crate::Error;

/// The maximum number of entries of a folder. A peer with more than a few hundred packages is unusual.
const MAX_ENTRIES: usize = 10_000;

/// The maximum number of nested folders that are deleted.
const MAX_DEPTH: usize = 200;

/// The beginning of the names of files that are not complete yet.
const DRAFT: &str = ".ccs-draft-";

/// An open folder.
#[derive(Debug)]
pub struct Place {
    folder: Folder,
    path: PathBuf,
}

/// The content of a file, with the owner and the mode that a new version of it keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The user and the group.
    pub owner: (u32, u32),
    /// The permissions.
    pub mode: u32,
}

impl fmt::Debug for Content {
    /// Omits the bytes, which may contain a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = format_args!("{:o}", self.mode);
        f.debug_struct("Content").field("owner", &self.owner).field("mode", &mode).finish_non_exhaustive()
    }
}

impl Place {
    /// Opens a folder by the path that the operator has named, which may contain links.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let folder = Folder::open(path).map_err(|error| Error::read(path, error))?;
        Ok(Self { folder, path: path.to_owned() })
    }

    /// Returns the path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the open folder.
    #[must_use]
    pub fn handle(&self) -> &File {
        self.folder.handle()
    }

    /// Opens a folder below this one; [`None`] if it does not exist.
    pub fn below(&self, names: &[&str]) -> Result<Option<Self>, Error> {
        let mut place: Option<Self> = None;
        for name in names {
            let parent = place.as_ref().unwrap_or(self);
            let path = parent.path.join(name);
            match parent.folder.folder(name.as_ref()) {
                Ok(folder) => place = Some(Self { folder, path }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(not_opened(path, error)),
            }
        }
        Ok(place)
    }

    /// Opens a file for reading, without blocking on a pipe; [`None`] if it does not exist.
    pub fn file(&self, name: &str) -> Result<Option<File>, Error> {
        match self.folder.file(name.as_ref()) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::read(&self.path.join(name), error)),
        }
    }

    /// Reads a file of at most `limit` bytes; [`None`] if it does not exist.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Content>, Error> {
        let path = self.path.join(name);
        let Some(file) = self.file(name)? else { return Ok(None) };
        let metadata = file.metadata().map_err(|error| Error::read(&path, error))?;
        let bytes = input::read_file(file, limit).map_err(|source| Error::Read { path, source })?;
        let mode = metadata.permissions().mode() & 0o777;
        Ok(Some(Content { bytes, owner: (metadata.uid(), metadata.gid()), mode }))
    }

    /// Returns the entries in the order of their names.
    pub fn entries(&self) -> Result<Vec<(OsString, Kind)>, Error> {
        let failed = |error| Error::read(&self.path, error);
        let entries = self.folder.entries().map_err(failed)?.take(MAX_ENTRIES + 1);
        let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(failed)?;
        if entries.len() > MAX_ENTRIES {
            return Err(Error::TooManyEntries { path: self.path.clone(), limit: MAX_ENTRIES });
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(entries)
    }

    /// Writes a file, which appears under its name only when it is complete and on the disk.
    pub fn write(&self, name: &str, content: &Content) -> Result<(), Error> {
        let failed = |error| Error::change("write", &self.path.join(name), error);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let draft = format!("{DRAFT}{}-{now}", std::process::id());
        let written = self.draft(&draft, content).and_then(|()| {
            renameat(self.handle(), draft.as_str(), self.handle(), name)?;
            // Without this, a crash of the machine may bring back the old name.
            self.handle().sync_all()
        });
        if written.is_err() {
            // The first error is the one to report.
            let _ = unlinkat(self.handle(), draft.as_str(), AtFlags::empty());
        }
        written.map_err(failed)
    }

    fn draft(&self, name: &str, content: &Content) -> io::Result<()> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(self.handle(), name, flags, Mode::from_raw_mode(0o600))?);
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != content.owner {
            fchown(&file, Some(content.owner.0), Some(content.owner.1))?;
        }
        file.set_permissions(Permissions::from_mode(content.mode))?;
        file.write_all(&content.bytes)?;
        file.sync_all()
    }

    /// Deletes what a killed command has left; requires the lock of the builds.
    pub fn delete_drafts(&self) -> Result<(), Error> {
        for (name, kind) in self.entries()? {
            if kind == Kind::File && name.to_string_lossy().starts_with(DRAFT) {
                self.delete(&name)?;
            }
        }
        Ok(())
    }

    /// Renames an entry.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> Result<(), Error> {
        renameat(self.handle(), from, self.handle(), to)
            .map_err(|error| Error::change("rename", &self.path.join(from), error.into()))
    }

    /// Deletes a file, a link itself, or a folder with its content.
    pub fn delete(&self, name: &OsStr) -> Result<(), Error> {
        delete(&self.folder, name, 0).map_err(|error| Error::change("delete", &self.path.join(name), error))
    }
}

/// Returns the error for a folder below an open one. Systems differ in what they report for a link.
fn not_opened(path: PathBuf, error: io::Error) -> Error {
    match Errno::from_io_error(&error) {
        Some(Errno::NOTDIR | Errno::LOOP) => Error::NotFolder(path),
        _ => Error::read(&path, error),
    }
}

fn delete(parent: &Folder, name: &OsStr, depth: usize) -> io::Result<()> {
    match unlinkat(parent.handle(), name, AtFlags::empty()) {
        // Linux reports the first, POSIX and macOS the second.
        Err(Errno::ISDIR | Errno::PERM) => {}
        result => return Ok(result?),
    }
    if depth == MAX_DEPTH {
        return Err(io::Error::other(format!("its folders are nested deeper than {MAX_DEPTH}")));
    }
    let folder = parent.folder(name)?;
    let names = folder.entries()?.map(|entry| Ok(entry?.0)).collect::<io::Result<Vec<_>>>()?;
    for inner in names {
        delete(&folder, &inner, depth + 1)?;
    }
    Ok(unlinkat(parent.handle(), name, AtFlags::REMOVEDIR)?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn text(error: &Error) -> String {
        ccs_builder::report::chain(error)
    }

    #[test]
    fn a_link_is_not_followed_and_a_pipe_does_not_block() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::create_dir_all(path.join("real/inner")).unwrap();
        fs::write(path.join("secret"), "secret").unwrap();
        symlink(path.join("secret"), path.join("real/connection.json")).unwrap();
        symlink("real", path.join("link")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            path.join("real/pipe"),
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        let place = Place::open(path).unwrap();
        let real = place.below(&["real"]).unwrap().unwrap();
        let shown = real.path().display().to_string();
        assert_eq!(
            text(&real.read("connection.json", 10).unwrap_err()),
            format!("cannot read {shown}/connection.json: it is a symbolic link")
        );
        assert_eq!(
            text(&real.read("pipe", 10).unwrap_err()),
            format!("cannot read {shown}/pipe: it is not a file")
        );
        assert_eq!(real.read("missing", 10).unwrap(), None);
        assert!(place.below(&["real", "missing", "x"]).unwrap().is_none());
        let linked = place.below(&["link", "inner"]).unwrap_err();
        let root = path.display();
        assert_eq!(text(&linked), format!("cannot read {root}/link: it is a symbolic link or not a folder"));
        let hint = "name the real place of the peer's folder: ccs follows no symbolic link inside it";
        assert_eq!(linked.hint().as_deref(), Some(hint));
        let file = Place::open(&path.join("secret")).unwrap_err();
        assert_eq!(text(&file), format!("cannot read {root}/secret: it is not a folder"));
        fs::write(path.join("real/large"), "12345").unwrap();
        assert_eq!(
            text(&real.read("large", 4).unwrap_err()),
            format!("cannot read {shown}/large: it is larger than 4 bytes")
        );
    }

    #[test]
    fn a_written_file_has_the_mode_and_a_link_in_its_place_is_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("other"), "other").unwrap();
        symlink("other", root.path().join("f")).unwrap();
        let place = Place::open(root.path()).unwrap();
        let owner = {
            let own = root.path().metadata().unwrap();
            (own.uid(), own.gid())
        };
        fs::write(root.path().join(format!("{DRAFT}1-2")), "left").unwrap();
        let content = Content { bytes: b"new".to_vec(), owner, mode: 0o640 };
        place.write("f", &content).unwrap();
        assert_eq!(place.read("f", 10).unwrap(), Some(content));
        assert_eq!(fs::read_to_string(root.path().join("other")).unwrap(), "other");
        place.delete_drafts().unwrap();
        let names: Vec<_> = place.entries().unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["f", "other"]);
    }

    #[test]
    fn deleting_a_folder_leaves_what_its_links_name() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path();
        fs::create_dir_all(path.join("build/a/b")).unwrap();
        fs::write(path.join("build/a/b/c"), "").unwrap();
        fs::create_dir(path.join("kept")).unwrap();
        fs::write(path.join("kept/file"), "").unwrap();
        symlink(path.join("kept"), path.join("build/a/link")).unwrap();
        let place = Place::open(path).unwrap();
        place.delete("build".as_ref()).unwrap();
        assert!(!path.join("build").exists() && path.join("kept/file").exists());
        let deep: PathBuf = std::iter::repeat_n("d", MAX_DEPTH + 2).collect();
        fs::create_dir_all(path.join(&deep)).unwrap();
        let error = place.delete("d".as_ref()).unwrap_err();
        assert!(text(&error).ends_with("its folders are nested deeper than 200"), "{}", text(&error));
    }
}
