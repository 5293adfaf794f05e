//! Caches results of slow builds that rarely change, in a folder outside the checkout.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

/// Returns the folder `fabric-ccs` in the user's cache folder, by the XDG base directory specification.
pub fn folder() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    Ok(caches
        .context("cannot find a folder for what is built once; set HOME or XDG_CACHE_HOME")?
        .join("fabric-ccs"))
}

/// Returns a folder of the cache, and builds its content if it is missing.
///
/// `build` writes to a temporary folder, which is then renamed. A second process that needs the same folder waits for
/// the first.
pub fn built_once(name: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    built_in(&folder()?, name, build)
}

fn built_in(cache: &Path, name: &str, build: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let target = cache.join(name);
    let place = target.parent().context("a folder of the cache has a parent")?;
    fs::create_dir_all(place).with_context(|| format!("cannot make {}", place.display()))?;
    let lock = target.with_added_extension("lock");
    let lock = File::create(&lock).with_context(|| format!("cannot make {}", lock.display()))?;
    lock.lock().with_context(|| format!("cannot wait for another build of {name}"))?;
    if !target.is_dir() {
        let fresh = tempfile::Builder::new().prefix("build-").tempdir_in(place)?;
        build(fresh.path())?;
        fs::rename(fresh.keep(), &target).with_context(|| format!("cannot make {}", target.display()))?;
    }
    Ok(target)
}

/// Returns a short hash of the content of the files, enough to distinguish a few builds.
pub fn key(folder: &Path, files: &[&str]) -> Result<String> {
    let mut hash = Sha256::new();
    for name in files {
        let file = folder.join(name);
        hash.update(fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    let mut hash = hex::encode(hash.finalize());
    hash.truncate(16);
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn of_two_who_want_the_same_one_builds() {
        let cache = tempfile::tempdir().unwrap();
        let builds = std::sync::atomic::AtomicUsize::new(0);
        let want = || {
            built_in(cache.path(), "peers/1", |fresh| {
                builds.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                Ok(fs::write(fresh.join("peer"), "program")?)
            })
        };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| assert_eq!(fs::read(want().unwrap().join("peer")).unwrap(), b"program"));
            }
        });
        assert_eq!(builds.into_inner(), 1);
    }

    #[test]
    fn a_build_that_fails_leaves_nothing_that_looks_built() {
        let cache = tempfile::tempdir().unwrap();
        let fail = |fresh: &Path| {
            fs::write(fresh.join("half"), "")?;
            bail!("no compiler")
        };
        assert_eq!(built_in(cache.path(), "tool", fail).unwrap_err().to_string(), "no compiler");
        let left: Vec<_> =
            fs::read_dir(cache.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["tool.lock"]);
    }

    #[test]
    fn another_content_is_another_build() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("go.mod"), "module a").unwrap();
        let before = key(folder.path(), &["go.mod"]).unwrap();
        fs::write(folder.path().join("go.mod"), "module b").unwrap();
        assert_ne!(key(folder.path(), &["go.mod"]).unwrap(), before);
        assert_eq!(before.len(), 16);
    }
}
