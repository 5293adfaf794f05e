//! The files of META-INF: which there are, and whether the peer will make indexes of them.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_files::index;

use crate::input::{self, ReadError};
use crate::{Error, Warning};

/// Files below one folder, with their content, sorted by path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Paths relative to the folder, each with its content.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// The most that all files of META-INF may hold together, in bytes.
pub const MAX_TREE: u64 = 64 * 1024 * 1024;

/// The most files and folders that META-INF may hold.
pub const MAX_ENTRIES: usize = 10_000;

/// Reads META-INF of a package's source, or the folder `metadata` that Fabric's documentation shows in its place.
///
/// Hidden files are left out, files under `statedb` must be indexes; what may not be meant is added to `warnings`.
pub fn of_source(source: &Path, warnings: &mut Vec<Warning>) -> Result<Tree, Error> {
    let tree = read_source(source, warnings)?;
    tree.files.iter().try_for_each(|(path, content)| check_file(path, content, warnings))?;
    Ok(tree)
}

/// Reads the files as [`of_source`] does and checks none of them.
pub fn read_source(source: &Path, warnings: &mut Vec<Warning>) -> Result<Tree, Error> {
    let documented = Some(source.join("metadata")).filter(|folder| folder.is_dir());
    let folder = match (folder_in(source, "META-INF")?, documented) {
        (Some(folder), Some(_)) => {
            warnings.push(Warning::TwoMetadataFolders);
            folder
        }
        (Some(folder), None) | (None, Some(folder)) => folder,
        (None, None) => return Ok(Tree::default()),
    };
    let mut tree = Tree::read(&folder)?;
    for (path, _) in tree.files.extract_if(.., |(path, _)| is_hidden(path)) {
        warnings.push(Warning::Hidden { path });
    }
    Ok(tree)
}

/// Checks one file; its path is relative to META-INF.
pub fn check_file(path: &Path, content: &[u8], warnings: &mut Vec<Warning>) -> Result<(), Error> {
    if path.starts_with("statedb") {
        return check_index(path, content);
    }
    warnings.push(Warning::OutsideStatedb { path: path.to_owned() });
    Ok(())
}

/// The folder of that name, if there is one; an error for anything else of that name.
fn folder_in(parent: &Path, name: &str) -> Result<Option<PathBuf>, Error> {
    let path = parent.join(name);
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_dir() => Ok(Some(path)),
        Ok(found) => Err(Error::Kind { path, found: kind(found.file_type()), expected: "a folder" }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read { path, source }),
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn check_index(path: &Path, content: &[u8]) -> Result<(), Error> {
    let shown = || path.display().to_string();
    // A name that is not UTF-8 cannot be the name of an index: what it is shown as decides nothing here.
    index::check_path(&path.to_string_lossy())
        .map_err(|source| Error::IndexPath { path: shown(), source })?;
    index::check(content).map_err(|source| Error::Index { path: shown(), source })
}

fn kind(found: fs::FileType) -> &'static str {
    match found {
        kind if kind.is_file() => "a file",
        kind if kind.is_dir() => "a folder",
        kind if kind.is_symlink() => "a symbolic link",
        _ => "a pipe, socket or device",
    }
}

impl Tree {
    /// Reads a folder of plain files and folders.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut files = Vec::new();
        let mut left = MAX_TREE;
        let mut entries = 0;
        let mut folders = vec![PathBuf::new()];
        while let Some(relative) = folders.pop() {
            for entry in list(&folder.join(&relative))? {
                entries += 1;
                let path = folder.join(&relative).join(&entry.name);
                if entries > MAX_ENTRIES {
                    return Err(too_much(
                        folder,
                        format!("there are more than {MAX_ENTRIES} files and folders"),
                    ));
                }
                if entry.kind.is_dir() {
                    folders.push(relative.join(&entry.name));
                } else if entry.kind.is_file() {
                    let content = input::read(&path, MAX_TREE)
                        .map_err(|source| Error::IndexUnreadable { path: path.clone(), source })?;
                    left = left.checked_sub(content.len() as u64).ok_or_else(|| {
                        too_much(folder, format!("the files hold more than {MAX_TREE} bytes"))
                    })?;
                    files.push((relative.join(&entry.name), content));
                } else {
                    return Err(Error::Kind { path, found: kind(entry.kind), expected: "a file or folder" });
                }
            }
        }
        files.sort();
        Ok(Self { files })
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

fn too_much(folder: &Path, reason: String) -> Error {
    let source = std::io::Error::new(std::io::ErrorKind::FileTooLarge, reason);
    Error::IndexUnreadable { path: folder.to_owned(), source: ReadError::System(source) }
}

struct Entry {
    name: std::ffi::OsString,
    kind: fs::FileType,
}

fn list(folder: &Path) -> Result<Vec<Entry>, Error> {
    let read = |source| Error::Read { path: folder.to_owned(), source };
    fs::read_dir(folder)
        .map_err(read)?
        .map(|entry| {
            let entry = entry.map_err(read)?;
            Ok(Entry { name: entry.file_name(), kind: entry.file_type().map_err(read)? })
        })
        .collect()
}
