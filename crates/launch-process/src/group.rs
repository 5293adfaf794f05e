//! The process group of the chaincode.

use std::io::PipeReader;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use ccs_launch::process::Plan;
use ccs_launch::{ExitCode, Failure};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::events::{Event, Events};
use crate::guard::Guard;
use crate::stage;

/// How long the chaincode may take to end after SIGTERM. The peer waits 5 s for `run` (Fabric 3.1
/// `core/container/externalbuilder/instance.go`), and for all chaincode together when the peer itself ends.
const GRACE: Duration = Duration::from_millis(2_500);

/// How long the kernel may take after SIGKILL.
const KILL: Duration = Duration::from_secs(1);

/// The chaincode and every process that it has started.
pub(crate) struct Group {
    /// The first process. Its exit status is read when the group is dropped, so until then no other process has its number.
    child: Child,
    leader: Pid,
    guard: Option<Guard>,
    together: Option<PipeReader>,
}

/// How to read stdout and stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pipes {
    /// Each from its own pipe, so that their lines do not mix.
    Apart,
    /// From one pipe, in the order in which they were written.
    Together,
}

impl Group {
    /// Starts a plan, with pipes for both outputs.
    pub(crate) fn start(plan: &Plan, pipes: Pipes, events: &Events) -> Result<Self, Failure> {
        let cannot =
            |reason: String| Failure::new(ExitCode::InputOutput, format!("cannot start a process: {reason}"));
        let (stdout, stderr, together) = match pipes {
            Pipes::Apart => (Stdio::piped(), Stdio::piped(), None),
            Pipes::Together => {
                let ends =
                    std::io::pipe().and_then(|(reader, writer)| Ok((reader, writer.try_clone()?, writer)));
                let (reader, stdout, stderr) = ends.map_err(|error| cannot(error.to_string()))?;
                (stdout.into(), stderr.into(), Some(reader))
            }
        };
        let mut command = Command::new("/proc/self/exe");
        // `ccs` has the launcher as well, and selects it by this name.
        command
            .arg0("run")
            .arg("--child")
            .args(stage::words(plan))
            .env_clear()
            .envs(plan.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&plan.working_folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr);
        let mut child = command.spawn().map_err(|error| cannot(error.to_string()))?;
        let leader = Pid::from_child(&child);
        let folder = plan.other.as_ref().map(|other| other.folder.as_path());
        let guard = Guard::start(leader, folder).map_err(|error| {
            let _ = kill_process_group(leader, Signal::KILL);
            let _ = child.wait();
            cannot(error.to_string())
        })?;
        events.later(move || {
            // The exit status is not read yet, so the number of the process remains reserved while the group is killed.
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(leader), options));
            Event::Ended
        });
        Ok(Self { child, leader, guard: Some(guard), together })
    }

    /// Returns the number of the first process, and of the group.
    pub(crate) fn leader(&self) -> Pid {
        self.leader
    }

    /// Returns the outputs.
    pub(crate) fn take_outputs(&mut self) -> Vec<Box<dyn std::io::Read + Send>> {
        let mut outputs: Vec<Box<dyn std::io::Read + Send>> = Vec::new();
        if let Some(stdout) = self.child.stdout.take() {
            outputs.push(Box::new(stdout));
        }
        if let Some(stderr) = self.child.stderr.take() {
            outputs.push(Box::new(stderr));
        }
        if let Some(together) = self.together.take() {
            outputs.push(Box::new(together));
        }
        outputs
    }

    /// Sends SIGTERM to the group, and SIGKILL to those that do not end in time. Returns whether SIGTERM was enough.
    pub(crate) fn stop(&mut self, events: &Events) -> bool {
        let _ = kill_process_group(self.leader, Signal::TERM);
        let ended = has_ended(events, GRACE);
        let _ = kill_process_group(self.leader, Signal::KILL);
        if !ended {
            has_ended(events, KILL);
        }
        ended
    }

    /// Kills the remaining processes of the group, and returns the exit status of the first one.
    pub(crate) fn collect(&mut self) -> Option<ExitStatus> {
        let _ = kill_process_group(self.leader, Signal::KILL);
        if let Some(guard) = self.guard.take() {
            guard.release();
        }
        self.child.wait().ok()
    }
}

/// Waits for the end of the first process; a second stop signal has no effect.
fn has_ended(events: &Events, time: Duration) -> bool {
    let end = Instant::now() + time;
    while let Some(event) = events.next_until(end) {
        if matches!(event, Event::Ended) {
            return true;
        }
    }
    false
}
