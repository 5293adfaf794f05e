//! The locks of a volume.

use std::fs::{File, TryLockError};
use std::os::fd::AsFd as _;

use crate::Error;
use crate::place::Place;

/// While it exists, other commands of `ccs` do not change the builds of the peer. A peer takes no such lock.
#[derive(Debug)]
pub struct BuildsLock {
    _folder: File,
}

impl BuildsLock {
    /// Locks the folder of the builds itself, as `ccs launch reconcile` and `gc` do.
    pub fn take(builds: &Place) -> Result<Self, Error> {
        // The lock belongs to the open folder and all its duplicates, so the folder is opened again.
        let failed = |error| Error::read(builds.path(), error);
        let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
        let opened = rustix::fs::openat(builds.handle().as_fd(), ".", flags, rustix::fs::Mode::empty())
            .map_err(|error| failed(error.into()))?;
        let opened = File::from(opened);
        match opened.try_lock() {
            Err(TryLockError::WouldBlock) => Err(Error::Locked(builds.path().to_owned())),
            // A network file system may not support locks on folders.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { _folder: opened }),
        }
    }
}

/// The proof that no peer uses a volume. While it exists, none can start.
#[derive(Debug)]
pub struct PeerStopped {
    _file: File,
}

impl PeerStopped {
    /// Shares the lock that a peer holds exclusively while it uses its ledgers, without waiting for it.
    ///
    /// A peer, and each command `peer node` that changes ledgers, opens the LevelDB in `ledgersData/fileLock`, which locks the file LOCK
    /// with `flock` (Fabric 3.1 `core/ledger/kvledger/kv_ledger_provider.go`).
    pub fn check(volume: &Place) -> Result<Self, Error> {
        let unknown = || Error::NoLedgers(volume.path().to_owned());
        let folder = volume.below(&["ledgersData", "fileLock"])?.ok_or_else(unknown)?;
        let path = folder.path().join("LOCK");
        let file = folder.file("LOCK")?.ok_or_else(unknown)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::PeerRuns(volume.path().to_owned())),
            Err(TryLockError::Error(error)) => Err(Error::change("lock", &path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_volume_in_use_is_recognized() {
        let volume = tempfile::tempdir().unwrap();
        let shown = volume.path().display();
        let place = Place::open(volume.path()).unwrap();
        let refused = || PeerStopped::check(&place).unwrap_err().to_string();
        let unknown =
            format!("{shown} has no ledgersData/fileLock/LOCK, so it is unknown whether a peer uses it");
        assert_eq!(refused(), unknown);
        fs::create_dir_all(volume.path().join("ledgersData/fileLock")).unwrap();
        assert_eq!(refused(), unknown);
        let lock = volume.path().join("ledgersData/fileLock/LOCK");
        fs::write(&lock, "").unwrap();
        let peer = File::options().write(true).open(&lock).unwrap();
        peer.try_lock().unwrap();
        assert_eq!(refused(), format!("a peer uses {shown}"));
        drop(peer);
        let stopped = PeerStopped::check(&place).unwrap();
        let peer = File::options().write(true).open(&lock).unwrap();
        assert!(matches!(peer.try_lock(), Err(TryLockError::WouldBlock)), "a peer cannot start meanwhile");
        drop(stopped);
        peer.try_lock().unwrap();
    }
}
