//! One launch from beginning to end.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use ccs_launch::process::Plan;
use ccs_launch::{ExitCode, Failure};
use ccs_launch_peer::Peer;
use rustix::fs::{Access, access};
use rustix::io::Errno;

use crate::events::{Event, Events};
use crate::group::{Group, Pipes};
use crate::identity::Identity;
use crate::pump::{Output, Pump};
use crate::stage::{NOT_STARTED, NOT_STARTED_STATUS};
use crate::tree;
use crate::turn::{Turn, Wait};

/// How often to check whether the peer is alive.
const LOOK: Duration = Duration::from_millis(500);

/// How long the last lines of the chaincode may take.
const LAST_LINES: Duration = Duration::from_millis(300);

/// Starts the chaincode, and returns when it has ended.
///
/// A stop by SIGTERM or by a later launch is a success, and so is the peer's death, because no process would see a failure. A
/// chaincode that ends by itself is a failure for any exit status, because it should run until the peer stops it.
pub fn supervise(plan: &Plan, identity: &Identity<'_>, output: Output) -> Result<(), Failure> {
    let peer = Peer::of_this_process();
    let events = Events::listen()?;
    let output = Arc::new(output);
    let turn = match Turn::wait(identity, &events, &output.own)? {
        Wait::Ours(turn) => turn,
        Wait::Stopped => return Ok(()),
    };
    prepare(plan)?;
    let mut group = Group::start(plan, Pipes::Apart, &events)?;
    let pump = Pump::start(group.take_outputs(), &output);
    (output.own)(&format!("the chaincode runs as process {}", group.leader().as_raw_nonzero()));
    let stopped = loop {
        match events.next_within(LOOK) {
            Some(Event::Ended) => break false,
            Some(Event::Stop) => {
                let by_itself = group.stop(&events);
                let how = if by_itself { "stopped" } else { "killed: SIGTERM did not end it in time" };
                (output.own)(&format!("the chaincode was {how}"));
                break true;
            }
            None if peer.is_gone() => {
                group.stop(&events);
                break true;
            }
            Some(Event::Locked(_)) | None => {}
        }
    };
    let status = group.collect();
    let last = pump.finish(LAST_LINES);
    drop(turn);
    if stopped { Ok(()) } else { Err(ended(status, &last)) }
}

/// Creates the folders and files of a plan, changes their owner if the plan names another user, and checks that the program can be
/// executed.
fn prepare(plan: &Plan) -> Result<(), Failure> {
    let cannot = |path: &Path, error: &std::io::Error| {
        Failure::new(ExitCode::InputOutput, format!("cannot write {}: {error}", path.display()))
            .with_hint("the second argument is a folder that the peer makes for run")
    };
    for folder in &plan.folders {
        DirBuilder::new().mode(0o700).create(folder).map_err(|error| cannot(folder, &error))?;
    }
    for file in &plan.files {
        let write = || {
            let mut made =
                OpenOptions::new().write(true).create_new(true).mode(file.mode).open(&file.path)?;
            made.set_permissions(fs::Permissions::from_mode(file.mode))?;
            made.write_all(&file.content)
        };
        write().map_err(|error| cannot(&file.path, &error))?;
    }
    if let Some((from, to)) = &plan.copied {
        tree::copy(from, to)?;
    }
    if let Some(other) = &plan.other {
        tree::hand_over(&other.folder, other.account)?;
    }
    if !plan.program.is_absolute() {
        // The kernel searches a name on the PATH when it starts.
        return Ok(());
    }
    access(&plan.program, Access::EXEC_OK).map_err(|error| {
        let reason = format!("cannot execute {}: {error}", plan.program.display());
        Failure::new(ExitCode::Binary, reason).with_hint(match plan.other {
            _ if error == Errno::NOENT => {
                "the first line of the script names this interpreter; install it on the peer's host, or name another one"
            }
            None => "the folder peer.fileSystemPath must not be mounted noexec",
            Some(_) => "the folder for temporary files must not be mounted noexec; TMPDIR names another one",
        })
    })
}

fn ended(status: Option<ExitStatus>, last: &str) -> Failure {
    let code = status.and_then(|status| status.code());
    if code == Some(i32::from(NOT_STARTED_STATUS))
        && let Some(reason) = last.strip_prefix(NOT_STARTED)
    {
        return Failure::new(ExitCode::Binary, reason).with_hint(
            "a program that needs shared libraries or an interpreter needs them on the peer's host; build it static",
        );
    }
    let how = match (code, status.and_then(|status| status.signal())) {
        (Some(code), _) => format!("ended by itself with exit status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    };
    Failure::chaincode_ended(&how, code == Some(0), last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(raw: i32, last: &str) -> String {
        ended(Some(ExitStatus::from_raw(raw)), last).line()
    }

    #[test]
    fn how_the_chaincode_ended_is_told() {
        assert_eq!(
            line(3 << 8, "panic: x"),
            "error 46 chaincode ended: the chaincode ended by itself with exit status 3; its last line: panic: x; hint: \
             its output is in the lines above; the next transaction starts it again"
        );
        assert!(line(9, "").contains("the chaincode was ended by signal 9 and wrote nothing"));
        assert!(
            line(0, "")
                .contains("with exit status 0 and wrote nothing; hint: a chaincode that dials the peer")
        );
        let raw = i32::from(NOT_STARTED_STATUS) << 8;
        assert!(line(raw, "x").contains("error 46"));
        let line = line(raw, &format!("{NOT_STARTED}cannot execute /x: No such file"));
        assert!(line.starts_with("error 22 binary: cannot execute /x: No such file; hint: "), "{line}");
    }
}
