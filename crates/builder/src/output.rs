//! Folders written whole or not at all.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::meta_inf::Tree;

/// Mode of every file: connection.json may hold a private key.
const FILE_MODE: u32 = 0o600;

/// Mode of every folder.
const FOLDER_MODE: u32 = 0o700;

/// What a stage puts into its output folder.
///
/// Everything is first written under a hidden name in the folder and then moved to its place. When a step fails, all that
/// was moved is moved back and all that was made is removed.
#[derive(Debug)]
pub struct Output {
    root: PathBuf,
    pieces: Vec<Piece>,
}

/// Something that is moved into place as one.
#[derive(Debug)]
enum Piece {
    /// One file; its folders are made when they are not there.
    File { place: PathBuf, content: Vec<u8> },
    /// A folder; what was there before goes.
    Folder { place: PathBuf, tree: Tree },
}

impl Piece {
    fn place(&self) -> &Path {
        match self {
            Self::File { place, .. } | Self::Folder { place, .. } => place,
        }
    }
}

impl Output {
    /// Starts the content of a folder, which need not exist yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), pieces: Vec::new() }
    }

    /// Adds a file; `place` is relative to the folder.
    #[must_use]
    pub fn file(mut self, place: &str, content: Vec<u8>) -> Self {
        self.pieces.push(Piece::File { place: place.into(), content });
        self
    }

    /// Adds a folder that replaces the one at `place`; an empty one only removes it.
    #[must_use]
    pub fn folder(mut self, place: &str, tree: Tree) -> Self {
        self.pieces.push(Piece::Folder { place: place.into(), tree });
        self
    }

    /// Writes everything, in the order it was added.
    pub fn write(self) -> Result<(), Error> {
        let mut done = Done::default();
        let result = self.write_into(&mut done);
        match result {
            Ok(()) => done.tidy_up(),
            Err(_) => done.undo(),
        }
        result
    }

    fn write_into(&self, done: &mut Done) -> Result<(), Error> {
        make_output_folders(&self.root, done)?;
        for (number, piece) in self.pieces.iter().enumerate() {
            let new = self.hidden("new", number);
            done.staged.push(new.clone());
            let path = self.root.join(piece.place());
            stage(piece, &new).map_err(|source| Error::Write { action: "write", path, source })?;
        }
        for (number, piece) in self.pieces.iter().enumerate() {
            let place = self.root.join(piece.place());
            if let Some(parent) = place.parent() {
                make_output_folders(parent, done)?;
            }
            replace(&place, &self.hidden("new", number), &self.hidden("old", number), done)?;
        }
        Ok(())
    }

    /// A name that no package and no other process uses. All are directly in the root: making and removing one more folder
    /// takes longer than all the rest.
    fn hidden(&self, what: &str, number: usize) -> PathBuf {
        self.root.join(format!(".ccs-builder-{}-{what}-{number}", std::process::id()))
    }
}

/// What has been changed, so that it can be changed back.
#[derive(Default)]
struct Done {
    /// Folders that were made, outermost first.
    made: Vec<PathBuf>,
    /// Where new things wait, or waited.
    staged: Vec<PathBuf>,
    /// Places that were emptied or filled, each with where its former content is, if there was any.
    moved: Vec<(PathBuf, Option<PathBuf>)>,
}

impl Done {
    /// Removes what was there before. Failing now would deny a success, and what is left is hidden.
    fn tidy_up(&self) {
        for old in self.moved.iter().filter_map(|(_, old)| old.as_ref()) {
            let _ = remove(old);
        }
    }

    /// Puts everything back. What fails here fails beside the error that is already being reported.
    fn undo(&self) {
        for (place, old) in self.moved.iter().rev() {
            let _ = remove(place);
            if let Some(old) = old {
                let _ = fs::rename(old, place);
            }
        }
        for new in &self.staged {
            let _ = remove(new);
        }
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Writes a piece under its hidden name; nothing for a folder without files.
fn stage(piece: &Piece, at: &Path) -> io::Result<()> {
    match piece {
        Piece::File { content, .. } => write_file(at, content),
        Piece::Folder { tree, .. } => tree.files.iter().try_for_each(|(path, content)| {
            let file = at.join(path);
            if let Some(parent) = file.parent() {
                make_folders(parent, &mut Vec::new())?;
            }
            write_file(&file, content)
        }),
    }
}

/// Moves what is at `place` to `old` and what is at `new` to `place`; either may be missing.
fn replace(place: &Path, new: &Path, old: &Path, done: &mut Done) -> Result<(), Error> {
    let error = |action, source| Error::Write { action, path: place.to_owned(), source };
    let was_there = rename_if_there(place, old).map_err(|source| error("move aside", source))?;
    done.moved.push((place.to_owned(), was_there.then(|| old.to_owned())));
    rename_if_there(new, place).map_err(|source| error("write", source))?;
    Ok(())
}

/// Renames, and tells whether there was anything to rename.
fn rename_if_there(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::rename(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn remove(place: &Path) -> io::Result<()> {
    if fs::symlink_metadata(place)?.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) }
}

fn make_output_folders(folder: &Path, done: &mut Done) -> Result<(), Error> {
    make_folders(folder, &mut done.made).map_err(|source| Error::Write {
        action: "make the folder",
        path: folder.to_owned(),
        source,
    })
}

/// Makes a folder and those above it, as far as they are missing, and notes which.
fn make_folders(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folders(parent, made)?;
    }
    DirBuilder::new().mode(FOLDER_MODE).create(folder)?;
    made.push(folder.to_owned());
    // The umask may have taken bits away.
    fs::set_permissions(folder, fs::Permissions::from_mode(FOLDER_MODE))
}

fn write_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    file.set_permissions(fs::Permissions::from_mode(FILE_MODE))?;
    file.write_all(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree { files: files.iter().map(|(path, text)| (path.into(), text.as_bytes().to_vec())).collect() }
    }

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = Tree::read(folder)
            .unwrap()
            .files
            .iter()
            .map(|(path, content)| format!("{}={}", path.display(), String::from_utf8_lossy(content)))
            .collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn files_and_folders_are_made_with_private_modes_and_a_second_run_changes_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("a/out");
        for _ in 0..2 {
            Output::new(&root)
                .folder("META-INF", tree(&[("statedb/x.json", "x")]))
                .file("chaincode/server/connection.json", b"c".to_vec())
                .write()
                .unwrap();
            assert_eq!(listing(&root), ["META-INF/statedb/x.json=x", "chaincode/server/connection.json=c"]);
        }
        assert_eq!(mode(&root.join("chaincode/server/connection.json")), 0o600);
        for folder in ["", "META-INF", "META-INF/statedb", "chaincode", "chaincode/server"] {
            assert_eq!(mode(&root.join(folder)), 0o700, "{folder}");
        }
    }

    #[test]
    fn a_folder_replaces_the_former_one_and_other_files_stay() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join("META-INF/old")).unwrap();
        fs::write(temp.path().join("META-INF/old/stale.json"), "stale").unwrap();
        fs::write(temp.path().join("other"), "stays").unwrap();
        Output::new(temp.path()).folder("META-INF", tree(&[("new.json", "n")])).write().unwrap();
        assert_eq!(listing(temp.path()), ["META-INF/new.json=n", "other=stays"]);
        Output::new(temp.path()).folder("META-INF", Tree::default()).write().unwrap();
        assert_eq!(listing(temp.path()), ["other=stays"]);
    }

    #[test]
    fn a_failure_puts_everything_back() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("META-INF")).unwrap();
        fs::write(temp.path().join("META-INF/before.json"), "before").unwrap();
        fs::write(temp.path().join("connection.json"), "before").unwrap();
        fs::write(temp.path().join("chaincode"), "a file where a folder must be").unwrap();
        let before = listing(temp.path());
        let error = Output::new(temp.path())
            .folder("META-INF", tree(&[("after.json", "after")]))
            .file("connection.json", b"after".to_vec())
            .file("chaincode/server/connection.json", b"after".to_vec())
            .write()
            .unwrap_err();
        assert!(error.to_string().starts_with("cannot make the folder"), "{error}");
        assert_eq!(listing(temp.path()), before);
    }

    #[test]
    fn a_failure_removes_the_folders_that_were_made() {
        let temp = tempfile::tempdir().unwrap();
        let long = "x".repeat(300);
        let error = Output::new(&temp.path().join("a/b")).file(&long, vec![]).write().unwrap_err();
        assert!(error.to_string().starts_with("cannot "), "{error}");
        assert_eq!(fs::read_dir(temp.path()).unwrap().count(), 0);
    }
}
