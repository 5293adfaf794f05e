//! A lock, so that only one command at a time changes the builds of a peer.

use std::fs::File;
use std::path::Path;

use ccs_launch::{ExitCode, Failure};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// While it exists, other commands cannot change the builds of a peer.
#[derive(Debug)]
pub struct Lock {
    _folder: File,
}

impl Lock {
    /// Locks the folder of the builds itself, because only the peer creates files there.
    pub fn take(folder: &Path) -> Result<Self, Failure> {
        let opened = File::open(folder).map_err(|error| {
            Failure::new(ExitCode::InputOutput, format!("cannot read {}: {error}", folder.display())).with_hint(
                "the peer has its builds in externalbuilder/builds below peer.fileSystemPath of core.yaml",
            )
        })?;
        match flock(&opened, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Err(Failure::new(
                ExitCode::InputOutput,
                format!("another command of ccs changes the builds in {}", folder.display()),
            )
            .with_hint("run the command again when the other one has ended; a reconcile with --every is idle between its rounds")),
            // A network file system may not support locks on folders.
            Ok(()) | Err(_) => Ok(Self { _folder: opened }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_commands_do_not_change_the_same_builds() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let line = Lock::take(folder.path()).unwrap_err().line();
        assert!(line.contains("another command of ccs changes the builds in /"), "{line}");
        assert!(line.contains("hint: run the command again"), "{line}");
        drop(first);
        Lock::take(folder.path()).unwrap();
        let missing = Lock::take(Path::new("/missing/builds")).unwrap_err().line();
        assert!(missing.contains("cannot read /missing/builds: "), "{missing}");
    }
}
