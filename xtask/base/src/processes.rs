//! Child processes of a task: each has a log, and every wait has a time limit.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use wait_timeout::ChildExt as _;

use crate::workspace;

/// How long a server may take to listen; on a busy machine, a Java virtual machine starts slowly.
const UNTIL_IT_LISTENS: Duration = Duration::from_mins(2);

/// The pause between two checks.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// A process and its children, which are killed when it is dropped.
pub struct Running(Child);

impl Running {
    /// Starts a process in its own process group, and appends its output to its log.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(log)
            .with_context(|| format!("cannot open {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {}", workspace::shown(command)))?;
        Ok(Self(child))
    }

    /// Returns the ID of the process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until the process exits.
    pub fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.0.wait_timeout(limit)?.with_context(|| format!("the process goes on for {limit:?}"))
    }

    /// Sends SIGTERM and waits for the process to exit; then kills its remaining children.
    pub fn terminate(mut self, limit: Duration) -> Result<ExitStatus> {
        kill_process(Pid::from_child(&self.0), Signal::TERM).context("cannot send SIGTERM")?;
        let status = self.0.wait_timeout(limit)?;
        status.with_context(|| format!("the process goes on for {limit:?} after SIGTERM"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A group that no longer exists needs no signal.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

/// The output and the status of a command.
pub struct Finished {
    /// The exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// Runs a command until it exits; after the limit, kills it with all its children.
pub fn finish(command: &mut Command, limit: Duration) -> Result<Finished> {
    // Files accept any amount of output without a reader.
    let (stdout, stderr) = (tempfile::NamedTempFile::new()?, tempfile::NamedTempFile::new()?);
    command.stdin(Stdio::null()).stdout(stdout.reopen()?).stderr(stderr.reopen()?).process_group(0);
    let child = command.spawn().with_context(|| format!("cannot start {}", workspace::shown(command)))?;
    let mut running = Running(child);
    let status = running.0.wait_timeout(limit)?;
    let read = |file: &Path| fs::read(file).map(|text| String::from_utf8_lossy(&text).into_owned());
    let (stdout, stderr) = (read(stdout.path())?, read(stderr.path())?);
    let Some(status) = status else {
        bail!("{} did not end within {limit:?}, and printed {stdout}{stderr}", workspace::shown(command));
    };
    Ok(Finished { status, stdout, stderr })
}

/// Runs a command that must succeed; the error contains its output.
pub fn succeed(command: &mut Command, limit: Duration) -> Result<Finished> {
    let finished = finish(command, limit)?;
    ensure!(
        finished.status.success(),
        "{} failed, {}: {}{}",
        workspace::shown(command),
        finished.status,
        finished.stdout,
        finished.stderr
    );
    Ok(finished)
}

/// Runs a command until it exits, and calls `says` with each line of its standard error at once. After the limit,
/// kills it with all its children.
pub fn follow(command: &mut Command, limit: Duration, mut said: impl FnMut(String)) -> Result<ExitStatus> {
    let end = Instant::now() + limit;
    let rest = || end.saturating_duration_since(Instant::now());
    command.stdin(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let child = command.spawn().with_context(|| format!("cannot start {}", workspace::shown(command)))?;
    let mut running = Running(child);
    let stderr = running.0.stderr.take().context("a piped standard error is missing")?;
    let late = || format!("{} did not end within {limit:?}", workspace::shown(command));
    let lines = lines_of(stderr);
    loop {
        match lines.recv_timeout(rest()) {
            Ok(line) => said(line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => bail!(late()),
        }
    }
    running.0.wait_timeout(rest())?.with_context(late)
}

/// Reads lines on a separate thread, so that the receiver can stop waiting for one.
pub fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Continue reading without a receiver, because a full pipe would block the process.
            let _ = send.send(line);
        }
    });
    lines
}

/// Returns the processes whose folder in /proc matches.
pub fn running(fits: impl Fn(&Path) -> bool) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| fits(&entry.path()))
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// Waits until a server listens.
pub fn listening(address: &str) -> Result<()> {
    wait_until(UNTIL_IT_LISTENS, || Ok(TcpStream::connect(address).is_ok()))
        .with_context(|| format!("no server listens on {address}"))
}

/// Waits until a log has at least `times` lines with a text.
pub fn logged(log: &Path, text: &str, times: usize, limit: Duration) -> Result<()> {
    let says = || {
        let lines = fs::read_to_string(log)?;
        Ok(lines.lines().filter(|line| line.contains(text)).count() >= times)
    };
    wait_until(limit, says).with_context(|| format!("{} does not say {text}", log.display()))
}

/// Waits until a condition holds, and checks it at intervals.
pub fn wait_until(limit: Duration, mut reached: impl FnMut() -> Result<bool>) -> Result<()> {
    let begin = Instant::now();
    while !reached()? {
        ensure!(begin.elapsed() < limit, "waited {limit:?} in vain");
        std::thread::sleep(BETWEEN_TRIES);
    }
    Ok(())
}

/// Returns an address on the loopback interface with a free port.
pub fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// Returns the last lines of a log.
#[must_use]
pub fn end_of(log: &Path) -> String {
    /// The number of lines.
    const SHOWN: usize = 20;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].join("\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_command_that_takes_too_long_is_killed_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; echo started; wait", pid.display());
        let error = finish(&mut shell(&script), Duration::from_millis(500)).err().unwrap();
        assert!(error.to_string().contains("did not end within 500ms, and printed started"), "{error}");
        let child = fs::read_to_string(&pid).unwrap();
        // A grandchild cannot be waited for: either it no longer exists, or it is a zombie.
        let gone = || {
            let status = fs::read_to_string(format!("/proc/{}/stat", child.trim()));
            Ok(status.map_or(true, |status| status.contains(") Z ")))
        };
        wait_until(Duration::from_secs(10), gone).unwrap();
    }

    #[test]
    fn a_command_is_followed_line_by_line_to_its_end() {
        let mut said = Vec::new();
        let limit = Duration::from_secs(10);
        let status = follow(&mut shell("echo one >&2; echo two >&2; exit 3"), limit, |line| said.push(line));
        assert_eq!((status.unwrap().code(), said), (Some(3), vec!["one".to_owned(), "two".to_owned()]));
    }

    #[test]
    fn a_command_that_falls_silent_is_not_followed_for_ever() {
        let mut said = Vec::new();
        let limit = Duration::from_millis(300);
        let error = follow(&mut shell("echo one >&2; sleep 600"), limit, |line| said.push(line)).unwrap_err();
        assert!(error.to_string().ends_with("did not end within 300ms"), "{error}");
        assert_eq!(said, ["one"]);
    }

    #[test]
    fn a_failure_shows_what_was_printed() {
        let error =
            succeed(&mut shell("echo one; echo two >&2; exit 3"), Duration::from_secs(10)).err().unwrap();
        assert!(error.to_string().ends_with("failed, exit status: 3: one\ntwo\n"), "{error}");
    }

    #[test]
    fn a_log_is_read_until_it_has_the_text_often_enough() {
        let log = tempfile::NamedTempFile::new().unwrap();
        fs::write(log.path(), "leader a\nother\nleader b\n").unwrap();
        logged(log.path(), "leader", 2, Duration::from_secs(1)).unwrap();
        let error = logged(log.path(), "leader", 3, Duration::from_millis(60)).unwrap_err();
        assert!(format!("{error:#}").contains("does not say leader: waited 60ms in vain"), "{error:#}");
    }
}
