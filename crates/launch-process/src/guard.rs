//! The process that ends the chaincode when `run` is killed.
//!
//! The kernel ends the first process of the chaincode together with `run`, but not its child processes: `npm start` starts a shell, and
//! the shell starts Node.js. If the peer is killed with its process group, `run` is killed as well. Therefore a second process of this
//! program, in its own group, waits for the end of `run`.

use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// How long killed processes may take to end before their folder is removed.
const KILL: Duration = Duration::from_secs(2);

/// How often to check whether they have ended.
const LOOK: Duration = Duration::from_millis(10);

/// A guard of a chaincode's process group. When this process ends or drops the guard, the guard kills the group.
pub(crate) struct Guard(Child);

impl Guard {
    /// Starts a guard. It also removes the folder of another user.
    pub(crate) fn start(leader: Pid, folder: Option<&Path>) -> std::io::Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        // `ccs` also contains the launcher, and selects it by this name.
        command.arg0("run").arg("--guard").arg(leader.as_raw_nonzero().to_string()).args(folder);
        // The peer considers the launch running while any process holds its stderr.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env_clear().current_dir("/").process_group(0).spawn().map(Self)
    }

    /// Ends the guard without a signal to the group. Call this before another group can get the number.
    pub(crate) fn release(mut self) {
        if let Some(mut stdin) = self.0.stdin.take() {
            // A guard that has been killed needs no release.
            let _ = stdin.write_all(b"\n");
        }
        let _ = self.0.wait();
    }
}

/// Waits for the end of `run` and kills the group, for the arguments after `--guard`.
#[must_use]
pub fn guard(words: &[OsString]) -> ExitCode {
    let leader = words.first().and_then(|word| Pid::from_raw(word.to_str()?.parse().ok()?));
    let Some(leader) = leader else { return ExitCode::FAILURE };
    let mut released = [0];
    // `read_exact` continues after an interruption, and fails at the end of the pipe.
    if std::io::stdin().lock().read_exact(&mut released).is_err() {
        let _ = kill_process_group(leader, Signal::KILL);
        if let Some(folder) = words.get(1) {
            let end = Instant::now() + KILL;
            while test_kill_process_group(leader).is_ok() && Instant::now() < end {
                thread::sleep(LOOK);
            }
            // The next launch removes the rest.
            let _ = fs::remove_dir_all(folder);
        }
    }
    ExitCode::SUCCESS
}
