//! Writes folders atomically, one process at a time.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Error;
use crate::folder::{FILE_MODE, FOLDER_MODE, Folder, PROGRAM_MODE, names};
use crate::meta_inf::Tree;

/// The prefix of temporary names. A file with such a name that no process is writing was left by a process
/// that was killed.
const HIDDEN: &str = ".ccs-builder-";

/// How long to wait for another process that writes to the same folder.
const PATIENCE: Duration = Duration::from_secs(10);

/// The content that a stage writes to its output folder.
///
/// Everything is first written under a hidden name in the folder and then moved into place. If a step
/// fails, all moves are undone and all new files are removed. The folder is locked meanwhile, so that two
/// processes never mix their output.
#[derive(Debug)]
pub struct Output {
    root: PathBuf,
    pieces: Vec<Piece>,
}

/// A file or folder that is moved into place as a unit.
#[derive(Debug)]
enum Piece {
    /// A file; missing parent folders are created.
    File { place: PathBuf, content: Vec<u8>, mode: u32 },
    /// A folder, which replaces the former one.
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
    /// Creates an empty output for a folder, which need not exist yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), pieces: Vec::new() }
    }

    /// Adds a file; `place` is relative to the folder.
    #[must_use]
    pub fn file(mut self, place: &str, content: Vec<u8>) -> Self {
        self.pieces.push(Piece::File { place: place.into(), content, mode: FILE_MODE });
        self
    }

    /// Adds a file that its owner may execute; `place` is relative to the folder.
    #[must_use]
    pub fn program(mut self, place: &str, content: Vec<u8>) -> Self {
        self.pieces.push(Piece::File { place: place.into(), content, mode: PROGRAM_MODE });
        self
    }

    /// Adds a folder that replaces the one at `place`; an empty one only removes it.
    #[must_use]
    pub fn folder(mut self, place: &str, tree: Tree) -> Self {
        self.pieces.push(Piece::Folder { place: place.into(), tree });
        self
    }

    /// Writes everything, in the order in which it was added.
    pub fn write(self) -> Result<(), Error> {
        let mut change = Change::begin(&self.root)?;
        let staged = self.pieces.iter().map(|piece| change.stage(piece)).collect::<Result<Vec<_>, _>>();
        let result = staged.and_then(|staged| {
            self.pieces.iter().zip(&staged).try_for_each(|(piece, new)| change.replace(piece.place(), new))
        });
        match result {
            Ok(()) => change.tidy_up(),
            Err(_) => change.undo(),
        }
        result
    }
}

/// A change of a locked folder, with all that is needed to undo it.
struct Change<'a> {
    path: &'a Path,
    root: Rc<Folder>,
    /// Folders that were created, outermost first.
    made: Vec<PathBuf>,
    /// Temporary names in the root for new files and folders.
    staged: Vec<OsString>,
    moved: Vec<Moved>,
}

/// A place whose content was moved.
struct Moved {
    parent: Rc<Folder>,
    place: PathBuf,
    name: OsString,
    /// The temporary name of the former content in the root, if there was any.
    old: Option<OsString>,
}

impl<'a> Change<'a> {
    /// Creates the folder if it is missing, and locks it.
    fn begin(path: &'a Path) -> Result<Self, Error> {
        let mut made = Vec::new();
        match lock(path, &mut made, PATIENCE) {
            Ok((root, is_locked)) => {
                let change = Self { path, root: Rc::new(root), made, staged: Vec::new(), moved: Vec::new() };
                if is_locked {
                    change.remove_left_overs();
                }
                Ok(change)
            }
            Err(error) => {
                remove_made(&made);
                Err(error)
            }
        }
    }

    /// Removes files left by a process that was killed. Files that cannot be removed are hidden and
    /// harmless.
    fn remove_left_overs(&self) {
        let is_left_over = |name: &OsString| name.as_encoded_bytes().starts_with(HIDDEN.as_bytes());
        let names = self.root.entries().into_iter().flatten().flatten().map(|(name, _)| name);
        for name in names.filter(is_left_over).collect::<Vec<_>>() {
            let _ = remove(&self.path.join(name));
        }
    }

    /// Writes a piece under a hidden name and returns the name; writes nothing for a folder without files.
    fn stage(&mut self, piece: &Piece) -> Result<OsString, Error> {
        let new = hidden("new", self.staged.len());
        self.staged.push(new.clone());
        let written = match piece {
            Piece::File { content, mode, .. } => self.root.write(&new, content, *mode),
            Piece::Folder { tree, .. } => tree
                .files
                .iter()
                .try_for_each(|(path, content)| self.root.write_below(&Path::new(&new).join(path), content)),
        };
        let path = self.path.join(piece.place());
        written.map_err(|source| Error::Write { action: "write", path, source })?;
        Ok(new)
    }

    /// Moves `place` to a hidden name and `new` to `place`; either may be missing.
    fn replace(&mut self, place: &Path, new: &OsStr) -> Result<(), Error> {
        let path = self.path.join(place);
        let error = |action, source| Error::Write { action, path: path.clone(), source };
        let name = place.file_name().ok_or_else(|| error("write", io::ErrorKind::InvalidInput.into()))?;
        let parent = self.parent_of(place)?;
        let old = hidden("old", self.moved.len());
        let was_there =
            parent.rename(name, &self.root, &old).map_err(|source| error("move aside", source))?;
        self.moved.push(Moved {
            parent: Rc::clone(&parent),
            place: path.clone(),
            name: name.to_owned(),
            old: was_there.then_some(old),
        });
        self.root.rename(new, &parent, name).map_err(|source| error("write", source))?;
        Ok(())
    }

    /// Opens the parent folder of a place, and creates missing folders.
    fn parent_of(&mut self, place: &Path) -> Result<Rc<Folder>, Error> {
        let parent = place.parent().unwrap_or(Path::new(""));
        let mut path = self.path.to_owned();
        let mut folder = Rc::clone(&self.root);
        let error =
            |path: &Path, source| Error::Write { action: "make the folder", path: path.to_owned(), source };
        for name in names(parent).map_err(|source| error(&self.path.join(parent), source))? {
            path.push(name);
            let next = match folder.folder(name) {
                Err(missing) if missing.kind() == io::ErrorKind::NotFound => {
                    self.made.push(path.clone());
                    folder.make_folder(name)
                }
                found => found,
            };
            folder = Rc::new(next.map_err(|source| error(&path, source))?);
        }
        Ok(folder)
    }

    /// Removes the former content. Errors are ignored: the output is complete, and the rest is hidden.
    fn tidy_up(&self) {
        for old in self.moved.iter().filter_map(|moved| moved.old.as_ref()) {
            let _ = remove(&self.path.join(old));
        }
    }

    /// Undoes the change. Errors are ignored: the first error is already being reported.
    fn undo(&self) {
        for moved in self.moved.iter().rev() {
            let _ = remove(&moved.place);
            if let Some(old) = &moved.old {
                let _ = self.root.rename(old, &moved.parent, &moved.name);
            }
        }
        for new in &self.staged {
            let _ = remove(&self.path.join(new));
        }
        remove_made(&self.made);
    }
}

/// Returns a name that no package and no other process uses, not even in another container. All are
/// directly in the root, because creating and removing one more folder takes longer than everything else.
fn hidden(what: &str, number: usize) -> OsString {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{HIDDEN}{}-{now}-{what}-{number}", std::process::id()).into()
}

/// Opens a folder, which is created if missing, and locks it against other processes. Returns false if the
/// file system does not support locks.
fn lock(path: &Path, made: &mut Vec<PathBuf>, patience: Duration) -> Result<(Folder, bool), Error> {
    let error = |action, source| Error::Write { action, path: path.to_owned(), source };
    let end = Instant::now() + patience;
    loop {
        make_folders(path, made).map_err(|source| error("make the folder", source))?;
        let folder = Folder::open(path).map_err(|source| error("open", source))?;
        match folder.handle().try_lock() {
            // The process that held the lock may have failed and removed the folder that it had created.
            Ok(()) if folder.is_at(path).is_ok_and(|same| same) => return Ok((folder, true)),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(_)) => return Ok((folder, false)),
        }
        if Instant::now() >= end {
            let source = io::Error::new(io::ErrorKind::TimedOut, "another process is writing to the folder");
            return Err(error("lock", source));
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn remove(place: &Path) -> io::Result<()> {
    if fs::symlink_metadata(place)?.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) }
}

fn remove_made(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
}

/// Creates a folder and its missing parents, and records them in `made`.
fn make_folders(folder: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folders(parent, made)?;
    }
    match DirBuilder::new().mode(FOLDER_MODE).create(folder) {
        // Another process was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => return Ok(()),
        result => result?,
    }
    made.push(folder.to_owned());
    // The umask may have cleared some bits.
    fs::set_permissions(folder, fs::Permissions::from_mode(FOLDER_MODE))
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

    /// Writes three pieces that all contain the number.
    fn write_numbered(root: &Path, number: usize) {
        let text = number.to_string();
        Output::new(root)
            .file("metadata.json", text.clone().into_bytes())
            .folder("META-INF", tree(&[("a.json", &text), ("b/c.json", &text)]))
            .file("connection.json", text.into_bytes())
            .write()
            .unwrap();
    }

    #[test]
    fn what_several_write_at_once_is_never_mixed() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("made/by/the/first");
        for round in 0..50 {
            thread::scope(|scope| {
                for writer in 0..4 {
                    let (root, number) = (&root, 4 * round + writer);
                    scope.spawn(move || write_numbered(root, number));
                }
            });
            let found = listing(&root);
            let numbers: Vec<&str> = found.iter().filter_map(|line| Some(line.split_once('=')?.1)).collect();
            assert_eq!(
                (found.len(), numbers.windows(2).all(|pair| pair[0] == pair[1])),
                (4, true),
                "{found:?}"
            );
        }
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_never_used() {
        let temp = tempfile::tempdir().unwrap();
        // The names that a process with the same ID uses, as in another container.
        for what in ["new-0", "new-1", "old-0"] {
            let left_over = temp.path().join(format!(".ccs-builder-{}-{what}", std::process::id()));
            fs::create_dir_all(left_over.join("b")).unwrap();
            fs::write(left_over.join("b/stale.json"), "stale").unwrap();
        }
        write_numbered(temp.path(), 7);
        let names = ["META-INF/a.json=7", "META-INF/b/c.json=7", "connection.json=7", "metadata.json=7"];
        assert_eq!(listing(temp.path()), names);
    }

    #[test]
    fn a_link_in_the_output_leads_nowhere() {
        let temp = tempfile::tempdir().unwrap();
        let [elsewhere, root] = ["elsewhere", "root"].map(|name| temp.path().join(name));
        fs::create_dir(&elsewhere).unwrap();
        fs::create_dir(&root).unwrap();
        std::os::unix::fs::symlink(&elsewhere, root.join("chaincode")).unwrap();
        let error = Output::new(&root).file("chaincode/connection.json", vec![]).write().unwrap_err();
        assert_eq!(error.to_string(), format!("cannot make the folder {}/chaincode", root.display()));
        assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
        assert_eq!(fs::read_link(root.join("chaincode")).unwrap(), elsewhere);
    }

    #[test]
    fn a_folder_that_stays_locked_ends_the_wait() {
        let temp = tempfile::tempdir().unwrap();
        let holder = Folder::open(temp.path()).unwrap();
        holder.handle().lock().unwrap();
        let error = lock(temp.path(), &mut Vec::new(), Duration::from_millis(20)).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(error.to_string(), format!("cannot lock {}", temp.path().display()));
        assert_eq!(cause, "another process is writing to the folder");
    }
}
