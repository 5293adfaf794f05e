//! One launch of a package at a time.
//!
//! After the stream of a chaincode has ended, the peer calls `run` a second time and never signals the first one again
//! (Fabric 3.1 `core/chaincode/runtime_launcher.go`). Therefore the second one stops the first, which a lock file names.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::{Duration, Instant};

use ccs_launch::Failure;
use rustix::fs::OFlags;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::events::{Event, Events};
use crate::identity::Identity;
use crate::private_folder::private_folder;

/// How long an earlier launch may take to end after SIGTERM: longer than the grace period of its chaincode.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long the kernel may take after SIGKILL.
const KILL: Duration = Duration::from_secs(2);

/// The right to launch a package, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    /// [`None`] on a file system without locks.
    file: Option<File>,
}

/// A process, identified by its number and start time, because another process may get the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: Pid,
    started: u64,
}

/// How waiting for the turn ended.
pub(crate) enum Wait {
    /// This launch has the lock.
    Ours(Turn),
    /// This launch was stopped by a signal.
    Stopped,
}

impl Turn {
    /// Stops an earlier launch of the same package, if there is one.
    pub(crate) fn wait(
        identity: &Identity<'_>,
        events: &Events,
        tell: &dyn Fn(&str),
    ) -> Result<Wait, Failure> {
        let path = private_folder(identity.temporary)?.join(identity.lock_name());
        let flags = OFlags::NOFOLLOW.bits().cast_signed();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(flags);
        let file = options.open(&path).map_err(|error| Failure::system("open", &path, error))?;
        let file = match file.try_lock() {
            Ok(()) => file,
            Err(TryLockError::Error(_)) => return Ok(Wait::Ours(Self { file: None })),
            Err(TryLockError::WouldBlock) => {
                let earlier = read(&file);
                match replace(file, earlier, events, tell) {
                    Replaced::Locked(file) => file,
                    Replaced::Stopped => return Ok(Wait::Stopped),
                    Replaced::No => {
                        return Err(Failure::system(
                            "lock",
                            &path,
                            "an earlier launch of the package does not end",
                        )
                        .with_hint(format!("end the process that fuser {} names", path.display())));
                    }
                }
            }
        };
        let turn = Self { file: Some(file) };
        turn.write().map_err(|error| Failure::system("write", &path, error))?;
        Ok(Wait::Ours(turn))
    }

    /// Records that this process holds the lock.
    fn write(&self) -> std::io::Result<()> {
        let (Some(mut file), Some(own)) = (self.file.as_ref(), Process::of(rustix::process::getpid())) else {
            return Ok(());
        };
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{} {}", own.pid.as_raw_nonzero(), own.started)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            let _ = file.set_len(0);
        }
    }
}

impl Process {
    /// Looks up a running process.
    fn of(pid: Pid) -> Option<Self> {
        Some(Self { pid, started: started(pid)? })
    }

    /// Opens the process, if it is still the same.
    fn open(self) -> Option<std::os::fd::OwnedFd> {
        let handle = pidfd_open(self.pid, PidfdFlags::empty()).ok()?;
        (Self::of(self.pid) == Some(self)).then_some(handle)
    }
}

/// The position of the start time in /proc/PID/stat, after the name of the program (proc(5): starttime, field 22).
const STARTED: usize = 19;

fn started(pid: Pid) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    // The name, in parentheses, may contain any characters.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(STARTED)?.parse().ok()
}

enum Replaced {
    Locked(File),
    Stopped,
    No,
}

/// Sends SIGTERM to the earlier launch, and then SIGKILL.
fn replace(file: File, earlier: Option<Process>, events: &Events, tell: &dyn Fn(&str)) -> Replaced {
    let earlier = earlier.and_then(|process| Some((process.pid, process.open()?)));
    if let Some((pid, handle)) = &earlier {
        tell(&format!("stops the earlier launch of the package, process {}", pid.as_raw_nonzero()));
        let _ = pidfd_send_signal(handle, Signal::TERM);
    }
    events.later(move || Event::Locked(file.lock().map(|()| file)));
    for (patience, last) in [(PATIENCE, false), (KILL, true)] {
        let end = Instant::now() + patience;
        while let Some(event) = events.next_until(end) {
            match event {
                Event::Locked(Ok(file)) => return Replaced::Locked(file),
                Event::Locked(Err(_)) => return Replaced::No,
                Event::Stop => return Replaced::Stopped,
                Event::Ended => {}
            }
        }
        if let (false, Some((_, handle))) = (last, &earlier) {
            let _ = pidfd_send_signal(handle, Signal::KILL);
        }
    }
    Replaced::No
}

/// Reads which process holds the lock.
fn read(mut file: &File) -> Option<Process> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(100).read_to_string(&mut text).ok()?;
    let (pid, started) = text.trim_end().split_once(' ')?;
    Some(Process { pid: Pid::from_raw(pid.parse().ok()?)?, started: started.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_start() {
        let own = Process::of(rustix::process::getpid()).unwrap();
        assert!(own.open().is_some());
        assert!(Process { started: own.started + 1, ..own }.open().is_none());
    }
}
