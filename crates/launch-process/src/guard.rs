//! The process that ends the chaincode when `run` is killed.
//!
//! The kernel ends the first process of the chaincode together with `run`, but not what that one has started: `npm start` starts a
//! shell, and the shell starts Node.js. A peer that is killed with its process group takes `run` along, so a second process of
//! this program waits for the end of `run`, in a group of its own.

use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// How long killed processes may take to go, before their folder is removed.
const KILL: Duration = Duration::from_secs(2);

/// How often to look whether they have gone.
const LOOK: Duration = Duration::from_millis(10);

/// A guard over the process group of a chaincode. When this process ends, or drops the guard, the group is killed.
pub(crate) struct Guard(Child);

impl Guard {
    /// Starts a guard, which also removes the folder of another user.
    pub(crate) fn start(leader: Pid, folder: Option<&Path>) -> std::io::Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        // `ccs` has the launcher as well, and selects it by this name.
        command.arg0("run").arg("--guard").arg(leader.as_raw_nonzero().to_string()).args(folder);
        // The peer takes the launch for running until nobody holds its stderr any more.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env_clear().current_dir("/").process_group(0).spawn().map(Self)
    }

    /// Ends the guard without a signal to the group. Call this before the group's number is free for others.
    pub(crate) fn release(mut self) {
        if let Some(mut stdin) = self.0.stdin.take() {
            // A guard that has been killed needs no release.
            let _ = stdin.write_all(b"\n");
        }
        let _ = self.0.wait();
    }
}

/// Waits for the end of `run` and ends the group, for the words after `--guard`.
#[must_use]
pub fn guard(words: &[OsString]) -> ExitCode {
    let leader = words.first().and_then(|word| Pid::from_raw(word.to_str()?.parse().ok()?));
    let Some(leader) = leader else { return ExitCode::FAILURE };
    let mut released = [0];
    // `read_exact` reads on after an interruption, and fails at the end of the pipe.
    if std::io::stdin().lock().read_exact(&mut released).is_err() {
        let _ = kill_process_group(leader, Signal::KILL);
        if let Some(folder) = words.get(1) {
            let end = Instant::now() + KILL;
            while test_kill_process_group(leader).is_ok() && Instant::now() < end {
                thread::sleep(LOOK);
            }
            // What is left, the next launch removes.
            let _ = fs::remove_dir_all(folder);
        }
    }
    ExitCode::SUCCESS
}
