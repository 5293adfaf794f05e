//! Runs one program of a builder under the conditions of a peer.
//!
//! The environment contains only the variables that a peer passes on, stdin is empty, stdout and stderr are captured,
//! and the time limit is ten seconds. A peer rarely runs as root, so the programs do not either.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::fs::Mode;
use rustix::process::{Pid, Signal};
use wait_timeout::ChildExt as _;

use super::case::{Script, Step};
use super::scratch::Scratch;
use super::texts::Texts;

/// The time limit for a step; a peer has none.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The user and group `nobody`, as which the programs run if the tests run as root.
const NOBODY: u32 = 65534;

/// The result of a call.
pub(crate) struct Finished {
    /// The exit code; [`None`] if a signal or the time limit ended the program.
    pub(crate) exit: Option<i32>,
    /// A description of how it ended.
    pub(crate) ending: String,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Whether another process remained, which would make a peer wait.
    pub(crate) left_children: bool,
}

/// Runs the program of a step and waits until it exits.
pub(crate) fn run(script: &Script, step: &Step, scratch: &Scratch, texts: &Texts) -> Result<Finished> {
    let mut command = command(step, scratch);
    for (name, value) in script.env.iter().chain(&step.env) {
        command.env(name, OsString::from_vec(texts.fill(scratch.fill(value).into_vec())));
    }
    let umask = Mode::from_raw_mode(u32::from_str_radix(&script.umask, 8)?);
    let umask_before = rustix::process::umask(umask);
    let child = command.spawn();
    rustix::process::umask(umask_before);
    wait(child.with_context(|| format!("cannot start {}", step.run.name()))?)
}

/// Changes the owner of the files of the case to the user as which the programs run.
pub(crate) fn hand_over(scratch: &Scratch) -> Result<()> {
    if !is_root() {
        return Ok(());
    }
    for entry in walkdir::WalkDir::new(&scratch.root) {
        let entry = entry?;
        // The programs are links that all cases share.
        if entry.path().parent() != Some(&scratch.builder.join("bin")) {
            lchown(entry.path(), Some(NOBODY), Some(NOBODY))?;
        }
    }
    Ok(())
}

/// Returns whether a small file system can be mounted for a program, to simulate a full disk.
pub(crate) fn can_mount() -> bool {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    as_ordinary_user(&mut command);
    command.status().is_ok_and(|status| status.success())
}

fn command(step: &Step, scratch: &Scratch) -> Command {
    /// Mounts a disk of one page over the first argument, runs the rest, and copies the content of the disk.
    const ON_A_FULL_DISK: &str = r#"
        disk=$1; copy=$2; shift 2
        mount -t tmpfs -o size=4k,mode=700 tmpfs "$disk" || exit 99
        "$@"
        code=$?
        cp -a "$disk/." "$copy/"
        exit $code"#;
    let program = scratch.builder.join("bin").join(step.run.name());
    let mut command = if step.full_disk {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", ON_A_FULL_DISK, "sh"]);
        command.args([scratch.place(Path::new("bld")), scratch.place(Path::new("release"))]).arg(program);
        command
    } else {
        Command::new(program)
    };
    match &step.args {
        Some(arguments) => command.args(arguments.iter().map(|argument| scratch.fill(argument))),
        None => command.args(step.run.peer_arguments().iter().map(|argument| scratch.fill(argument))),
    };
    // The variables that a peer always passes on; the other two of the four are rarely set.
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("TMPDIR", "/tmp");
    command.current_dir(&scratch.working).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    as_ordinary_user(&mut command);
    command
}

fn as_ordinary_user(command: &mut Command) {
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn wait(mut child: Child) -> Result<Finished> {
    let stdout = child.stdout.take().map(collect);
    let stderr = child.stderr.take().map(collect);
    let status = child.wait_timeout(TIMEOUT)?;
    let group = Pid::from_child(&child);
    let others_run = rustix::process::test_kill_process_group(group).is_ok();
    if others_run {
        // Without this, the pipes below stay open. The group may have exited just now.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    child.wait()?;
    Ok(Finished {
        exit: status.and_then(|status| status.code()),
        ending: ending(status),
        stdout: joined(stdout)?,
        stderr: joined(stderr)?,
        left_children: status.is_some() && others_run,
    })
}

fn ending(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| format!("no end within {} s", TIMEOUT.as_secs()), |status| status.to_string())
}

/// Reads a pipe to its end in parallel, so that a full pipe does not block the program.
fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<std::io::Result<Vec<u8>>> {
    thread::spawn(move || {
        let mut content = Vec::new();
        pipe.read_to_end(&mut content)?;
        Ok(content)
    })
}

fn joined(reader: Option<JoinHandle<std::io::Result<Vec<u8>>>>) -> Result<Vec<u8>> {
    let Some(reader) = reader else { return Ok(Vec::new()) };
    Ok(reader.join().map_err(|_| anyhow::anyhow!("the reader of a pipe panicked"))??)
}
