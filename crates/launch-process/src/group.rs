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
/// `core/container/externalbuilder/instance.go`), and for all chaincodes together when it ends itself.
const GRACE: Duration = Duration::from_millis(2_500);

/// How long the kernel may take to end a killed process.
const KILL: Duration = Duration::from_secs(1);

/// The chaincode and every process that it has started.
pub(crate) struct Group {
    /// The first process, which is collected when the group is dropped: until then nobody else has its number.
    child: Child,
    leader: Pid,
    guard: Option<Guard>,
    together: Option<PipeReader>,
}

/// How stdout and stderr are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pipes {
    /// Each from a pipe of its own, so that no line of one gets into a line of the other.
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
            // The process is not collected yet, so that its number stays taken while the group is killed.
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

    /// Asks every process of the group to end, and ends those that do not in time; tells whether none had to be ended.
    pub(crate) fn stop(&mut self, events: &Events) -> bool {
        let _ = kill_process_group(self.leader, Signal::TERM);
        let ended = has_ended(events, GRACE);
        let _ = kill_process_group(self.leader, Signal::KILL);
        if !ended {
            has_ended(events, KILL);
        }
        ended
    }

    /// Ends what the first process has left, and returns how that one has ended.
    pub(crate) fn collect(&mut self) -> Option<ExitStatus> {
        let _ = kill_process_group(self.leader, Signal::KILL);
        if let Some(guard) = self.guard.take() {
            guard.release();
        }
        self.child.wait().ok()
    }
}

/// Waits for the end of the first process; a second signal to stop changes nothing.
fn has_ended(events: &Events, time: Duration) -> bool {
    let end = Instant::now() + time;
    while let Some(event) = events.next_until(end) {
        if matches!(event, Event::Ended) {
            return true;
        }
    }
    false
}
