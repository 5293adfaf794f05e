//! Which changes of files start a command again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::error::Error;

/// How long no file must change before a change counts: editors and compilers write many.
const QUIET: Duration = Duration::from_millis(300);

/// How many changes wait to be seen: more than an editor makes of one.
const CHANGES: usize = 64;

/// Folders whose changes never matter; builds and installs fill them. Nor does what is hidden, or a log.
const IGNORED: [&str; 3] = ["node_modules", "target", "build"];

/// The changes below some folders.
pub(crate) struct Watch {
    changed: mpsc::Receiver<PathBuf>,
    /// Ends the watching with this; [`None`] if nothing is watched.
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches folders, apart from what is in `unwatched`. A change that comes while many wait to be seen is not noted.
    pub(crate) fn begin(folders: &[PathBuf], unwatched: &[PathBuf]) -> Result<Self, Error> {
        let (noted, changed) = mpsc::channel(CHANGES);
        if folders.is_empty() {
            return Ok(Self { changed, watcher: None });
        }
        // Events name files below the path that is watched: with the real path, both sides are of one kind.
        let roots = folders
            .iter()
            .map(|folder| folder.canonicalize().map_err(|error| Error::system("watch", folder, error)));
        let roots = roots.collect::<Result<Vec<_>, _>>()?;
        let rules = Rules { roots: roots.clone(), unwatched: unwatched.iter().flat_map(names).collect() };
        let note = move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if event.kind.is_access() {
                return;
            }
            // The last one is the new name of a file that was renamed.
            if let Some(path) = event.paths.into_iter().rev().find(|path| rules.count(path)) {
                // Full: changes are waiting already.
                let _ = noted.try_send(path);
            }
        };
        let mut watcher = notify::recommended_watcher(note).map_err(Error::Watch)?;
        for root in &roots {
            watcher.watch(root, RecursiveMode::Recursive).map_err(Error::Watch)?;
        }
        Ok(Self { changed, watcher: Some(watcher) })
    }

    /// Returns whether anything is watched.
    pub(crate) fn is_on(&self) -> bool {
        self.watcher.is_some()
    }

    /// Waits for a change, and then until none has come for a moment; returns the last file, since editors begin with others.
    pub(crate) async fn next(&mut self) -> PathBuf {
        let Some(mut last) = self.changed.recv().await else {
            // Nothing is watched.
            return std::future::pending().await;
        };
        while let Ok(Some(next)) = timeout(QUIET, self.changed.recv()).await {
            last = next;
        }
        last
    }
}

/// Returns the paths under which events may name what is in a folder: a watched folder may hold a link to it.
fn names(folder: &PathBuf) -> Vec<PathBuf> {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
    let real = folder.canonicalize().unwrap_or_else(|_| absolute.clone());
    vec![absolute, real]
}

/// Decides which files count.
struct Rules {
    /// What is watched, without links.
    roots: Vec<PathBuf>,
    /// The peer's own files.
    unwatched: Vec<PathBuf>,
}

impl Rules {
    fn count(&self, path: &Path) -> bool {
        !self.unwatched.iter().any(|folder| path.starts_with(folder))
            && !self.roots.iter().any(|root| is_ignored(root, path))
    }
}

/// Returns whether a change of a file below a watched folder does not matter.
fn is_ignored(root: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(root) else { return false };
    let of_others = below.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part.starts_with('.') || IGNORED.contains(&&*part)
    });
    of_others || below.extension().is_some_and(|extension| extension == "log")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Longer than the system takes to tell of a change; only a test that fails waits so long.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn files_that_builds_and_installs_write_do_not_count() {
        let root = Path::new("/contract");
        for (path, ignored) in [
            ("lib/contract.js", false),
            ("node_modules/x/index.js", true),
            ("target/classes/A.class", true),
            (".ccs/ledger.redb", true),
            ("dev.log", true),
            ("catalog.js", false),
            ("src/target.go", false),
        ] {
            assert_eq!(is_ignored(root, &root.join(path)), ignored, "{path}");
        }
    }

    /// Writes files below a watched folder, one of which counts, and returns the change that is noted first.
    async fn first_change(real: &Path, watched: &Path) -> PathBuf {
        for folder in ["node_modules", "ledger"] {
            fs::create_dir(real.join(folder)).unwrap();
        }
        let mut watch = Watch::begin(&[watched.to_owned()], &[watched.join("ledger")]).unwrap();
        for file in ["node_modules/a.js", "dev.log", ".hidden", "ledger/ledger.redb", "contract.js"] {
            fs::write(real.join(file), "changed").unwrap();
        }
        timeout(PATIENCE, watch.changed.recv()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn of_many_files_the_contract_alone_counts() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        assert_eq!(first_change(&real, folder.path()).await, real.join("contract.js"));
    }

    #[tokio::test]
    async fn the_same_holds_for_a_link_to_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap().join("contract");
        let link = folder.path().join("link");
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert_eq!(first_change(&real, &link).await, real.join("contract.js"));
    }

    #[tokio::test]
    async fn a_folder_that_is_missing_is_named() {
        let error = Watch::begin(&[PathBuf::from("/absent/contract")], &[]).err().unwrap();
        assert_eq!(error.to_string(), "cannot watch /absent/contract");
    }
}
