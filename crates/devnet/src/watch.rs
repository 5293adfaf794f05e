//! Watches files, and decides which changes restart a command.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::error::Error;

/// Time without further changes before a change is reported, since editors and compilers write several files.
const QUIET: Duration = Duration::from_millis(300);

/// Capacity of the queue of changes: more than an editor causes with one save.
const CHANGES: usize = 64;

/// Folders that are ignored, because builds and installs fill them. Hidden files and logs are ignored as well.
const IGNORED: [&str; 3] = ["node_modules", "target", "build"];

/// Stream of the changes below some folders.
pub(crate) struct Watch {
    changed: mpsc::Receiver<PathBuf>,
    /// Watches until it is dropped; [`None`] if nothing is watched.
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches folders, except for the paths in `unwatched`. Drops changes while the queue is full.
    pub(crate) fn begin(folders: &[PathBuf], unwatched: &[PathBuf]) -> Result<Self, Error> {
        let (noted, changed) = mpsc::channel(CHANGES);
        if folders.is_empty() {
            return Ok(Self { changed, watcher: None });
        }
        // Events contain paths below the watched one, so use real paths for the comparison.
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
            // For a renamed file, the last path is the new name.
            if let Some(path) = event.paths.into_iter().rev().find(|path| rules.count(path)) {
                // If the queue is full, there are changes to report anyway.
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

    /// Waits for a change, and then until there are no more for a moment. Returns the last file, since editors write
    /// others first.
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

/// Returns the paths by which events may name files of a folder, since a watched folder may contain a link to it.
fn names(folder: &PathBuf) -> Vec<PathBuf> {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
    let real = folder.canonicalize().unwrap_or_else(|_| absolute.clone());
    vec![absolute, real]
}

/// Rules that decide which files matter.
struct Rules {
    /// Watched folders, without symbolic links.
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

/// Returns whether to ignore a change of a file below a watched folder.
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

    /// Longer than the system takes to report a change; only a failing test waits this long.
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

    /// Writes several files below a watched folder, where only one file matters, and returns the first reported change.
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
