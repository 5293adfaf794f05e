//! Reads the files of META-INF and checks that the peer can create indexes from them.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use ccs_files::index::{self, PathError};

use crate::folder::{Folder, Kind};
use crate::input::{self, ReadError};
pub use crate::limits::MAX_ENTRIES;
use crate::{Error, Warning};

/// The files below one folder, with their content, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Paths relative to the folder, each with its content.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// The limit for the files of META-INF and their paths together, in bytes.
pub const MAX_TREE: u64 = 16 * 1024 * 1024;

/// The maximum nesting depth of folders in META-INF.
pub const MAX_DEPTH: usize = 100;

/// Reads META-INF of a package's source, or the folder `metadata` that Fabric's documentation uses in its
/// place.
///
/// Leaves out hidden files and files in `statedb` that are not indexes, and checks the indexes. Adds warnings to
/// `warnings`.
pub fn of_source(source: &Path, warnings: &mut Vec<Warning>) -> Result<Tree, Error> {
    let mut kept = Tree::default();
    for (path, content) in read_source(source, warnings)?.files {
        if check_file(&path, &content, warnings)? {
            kept.files.push((path, content));
        }
    }
    Ok(kept)
}

/// Reads the files like [`of_source`], but checks none of them.
pub fn read_source(source: &Path, warnings: &mut Vec<Warning>) -> Result<Tree, Error> {
    let documented = source.join("metadata");
    let meta_inf = source.join("META-INF");
    let mut tree = match folder_in(source, "META-INF")? {
        Some(folder) => {
            if documented.is_dir() {
                warnings.push(Warning::TwoMetadataFolders);
            }
            Tree::read_folder(&meta_inf, &folder)?
        }
        None if documented.is_dir() => Tree::read(&documented)?,
        None => return Ok(Tree::default()),
    };
    for (path, _) in tree.files.extract_if(.., |(path, _)| is_hidden(path)) {
        warnings.push(Warning::Hidden { path });
    }
    Ok(tree)
}

/// Checks one file and returns whether the build keeps it; its path is relative to META-INF.
pub fn check_file(path: &Path, content: &[u8], warnings: &mut Vec<Warning>) -> Result<bool, Error> {
    if path.starts_with("statedb") {
        return check_index(path, content, warnings);
    }
    warnings.push(Warning::OutsideStatedb { path: path.to_owned() });
    Ok(true)
}

/// Opens the subfolder of that name, if it exists; fails if the name is not a folder.
fn folder_in(parent: &Path, name: &str) -> Result<Option<Folder>, Error> {
    let path = || parent.join(name);
    let read = |source| Error::Read { path: path(), source };
    let folder = match Folder::open(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(read)?,
    };
    match folder.kind(name.as_ref()).map_err(read)? {
        None => Ok(None),
        Some(Kind::Folder) => folder.folder(name.as_ref()).map(Some).map_err(read),
        Some(found) => Err(Error::Kind { path: path(), found: found.name(), expected: "a folder" }),
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Checks a file in `statedb`.
///
/// A peer reads every file in a folder of CouchDB indexes, under any name, and no other file (Fabric 3.1
/// `core/ledger/kvledger/txmgmt/privacyenabledstate/db.go`). So an index in another folder is an error, since no peer would
/// create it, but a file that is not an index is only left out.
fn check_index(path: &Path, content: &[u8], warnings: &mut Vec<Warning>) -> Result<bool, Error> {
    let shown = || path.display().to_string();
    let checked = index::check(content);
    // A name that is not UTF-8 cannot be the name of an index, so its lossy form does not matter here.
    match index::check_path(&path.to_string_lossy()) {
        Ok(()) => checked.map_err(|error| Error::Index { path: shown(), error })?,
        Err(PathError::Name) if checked.is_ok() => {}
        Err(error) if checked.is_ok() && !matches!(error, PathError::Database(_)) => {
            return Err(Error::IndexPath { path: shown(), error });
        }
        Err(_) => {
            warnings.push(Warning::NotAnIndex { path: path.to_owned() });
            return Ok(false);
        }
    }
    Ok(true)
}

impl Tree {
    /// Reads a folder of regular files and folders. Rejects links instead of following them.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let folder = Folder::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::read_folder(path, &folder)
    }

    /// Reads an open folder; `path` is used only in messages.
    fn read_folder(path: &Path, folder: &Folder) -> Result<Self, Error> {
        let mut walk = Walk { path, files: Vec::new(), entries: 0, left: MAX_TREE };
        walk.folder(folder, Path::new(""), 1)?;
        walk.files.sort();
        Ok(Self { files: walk.files })
    }

    /// Keeps the files below one folder, with paths relative to it.
    #[must_use]
    pub fn below(self, folder: &str) -> Self {
        let inside = self.files.into_iter().filter_map(|(path, content)| {
            let relative = path.strip_prefix(folder).ok()?.to_owned();
            Some((relative, content))
        });
        Self { files: inside.collect() }
    }
}

/// The state of a walk through a folder, with its remaining limits.
struct Walk<'a> {
    path: &'a Path,
    files: Vec<(PathBuf, Vec<u8>)>,
    entries: usize,
    left: u64,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Folder, relative: &Path, depth: usize) -> Result<(), Error> {
        if depth > MAX_DEPTH {
            return Err(self.too_much(format!("its folders are nested more than {MAX_DEPTH} levels deep")));
        }
        let place = self.path.join(relative);
        let read = |source| Error::Read { path: place.clone(), source };
        for entry in folder.entries().map_err(read)? {
            let (name, kind) = entry.map_err(read)?;
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return Err(self.too_much(format!("it has more than {MAX_ENTRIES} files and folders")));
            }
            match kind {
                Kind::Folder => {
                    let inner = folder.folder(&name).map_err(read)?;
                    self.folder(&inner, &relative.join(&name), depth + 1)?;
                }
                Kind::File => self.file(folder, &name, relative.join(&name))?,
                other => {
                    let path = place.join(&name);
                    return Err(Error::Kind { path, found: other.name(), expected: "a file or folder" });
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, folder: &Folder, name: &OsStr, relative: PathBuf) -> Result<(), Error> {
        let limit = if relative.starts_with("statedb") { input::MAX_SMALL } else { MAX_TREE };
        let content = folder
            .file(name)
            .map_err(ReadError::System)
            .and_then(|file| input::read_file(file, limit))
            .map_err(|source| Error::IndexUnreadable { path: self.path.join(&relative), source })?;
        let size = content.len() + relative.as_os_str().len();
        let left = self.left.checked_sub(size as u64);
        self.left = left.ok_or_else(|| self.too_much(format!("it has more than {MAX_TREE} bytes")))?;
        self.files.push((relative, content));
        Ok(())
    }

    fn too_much(&self, reason: String) -> Error {
        Error::IndexUnreadable { path: self.path.to_owned(), source: ReadError::Limit(reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    fn write(folder: &Path, path: &str, content: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn refusal(folder: &Path) -> String {
        let error = Tree::read(folder).unwrap_err();
        crate::report::chain(&error).replace(folder.to_str().unwrap(), "{folder}")
    }

    #[test]
    fn each_limit_names_its_number() {
        let deep = tempfile::tempdir().unwrap();
        write(deep.path(), &format!("{}x", "d/".repeat(MAX_DEPTH - 1)), "");
        assert_eq!(Tree::read(deep.path()).unwrap().files.len(), 1);
        write(deep.path(), &format!("{}x", "d/".repeat(MAX_DEPTH)), "");
        let message = "cannot read {folder}: its folders are nested more than 100 levels deep";
        assert_eq!(refusal(deep.path()), message);

        let many = tempfile::tempdir().unwrap();
        (0..MAX_ENTRIES).for_each(|number| write(many.path(), &number.to_string(), ""));
        assert_eq!(Tree::read(many.path()).unwrap().files.len(), MAX_ENTRIES);
        write(many.path(), "more", "");
        assert_eq!(refusal(many.path()), "cannot read {folder}: it has more than 1000 files and folders");

        let index = tempfile::tempdir().unwrap();
        write(index.path(), "statedb/x.json", &"x".repeat(1 << 20));
        assert_eq!(Tree::read(index.path()).unwrap().files.len(), 1);
        write(index.path(), "statedb/x.json", &"x".repeat((1 << 20) + 1));
        assert_eq!(
            refusal(index.path()),
            "cannot read {folder}/statedb/x.json: it is larger than 1048576 bytes"
        );
    }

    /// One thread repeatedly replaces a folder and a file with a link to a secret, while another reads.
    #[test]
    fn a_link_that_takes_the_place_of_a_folder_is_never_followed() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("META-INF");
        write(temp.path(), "secret/x.json", "secret");
        write(&folder, "statedb/x.json", "public");
        symlink(temp.path().join("secret"), temp.path().join("link")).unwrap();
        symlink(temp.path().join("secret/x.json"), temp.path().join("link.json")).unwrap();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                // Exchanges the two names, and exchanges them back.
                let exchange = |one: &str, other: &Path| {
                    rustix::fs::renameat_with(
                        rustix::fs::CWD,
                        temp.path().join(one),
                        rustix::fs::CWD,
                        other,
                        rustix::fs::RenameFlags::EXCHANGE,
                    )
                };
                while !stop.load(Ordering::Relaxed) {
                    for (link, place) in [("link", "statedb"), ("link.json", "statedb/x.json")] {
                        exchange(link, &folder.join(place)).unwrap();
                        exchange(link, &folder.join(place)).unwrap();
                    }
                }
            });
            let is_secret = |tree: &Tree| tree.files.iter().any(|(_, content)| content != b"public");
            let leaked = (0..5_000).filter_map(|_| Tree::read(&folder).ok()).find(is_secret);
            stop.store(true, Ordering::Relaxed);
            assert_eq!(leaked, None);
        });
    }
}
