//! Runs the command of a chaincode in its own process group, and restarts it when it ends or when files change.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::event::ProcessEvent;
use crate::output::{self, Output, Stream};
use crate::watch::Watch;

/// How long the command may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pause before a command that has ended is restarted, so that a failing one does not flood the terminal.
const REST: Duration = Duration::from_secs(1);

/// A command that ends sooner than this without being ready has failed to start.
const START: Duration = Duration::from_secs(5);

/// Number of starts in a row that may fail before the command is no longer restarted without a change.
const FAILED_STARTS: u32 = 3;

/// Error of the Go shim when its program lacks the flag for the peer's address (`fabric-chaincode-go` v2.3.0
/// `shim/shim.go`), which cannot be set by a variable.
const FLAG_IS_MISSING: &str = "flag 'peer.address' must be set";

/// Command to keep running.
pub(crate) struct Supervised {
    /// Command line for a shell.
    pub(crate) command: String,
    /// Environment variables, in addition to those of this process.
    pub(crate) variables: Vec<(String, String)>,
    /// Address of the peer, for a shim that needs it as a flag.
    pub(crate) peer_address: String,
    /// Folders to watch.
    pub(crate) watched: Vec<PathBuf>,
    /// Paths in these folders to ignore: the peer's own files.
    pub(crate) unwatched: Vec<PathBuf>,
    /// Whether the chaincode has been ready since its last start; set by the watcher.
    pub(crate) was_ready: Arc<AtomicBool>,
    /// Receives the output.
    pub(crate) output: Output,
}

/// Keeps a command running until `stop` is canceled, and leaves no process behind.
pub(crate) async fn keep_running(
    supervised: Supervised,
    mut tell: impl FnMut(ProcessEvent) + Send,
    stop: CancellationToken,
) -> Result<(), Error> {
    let mut watch = Watch::begin(&supervised.watched, &supervised.unwatched)?;
    let (mut has_flag, mut failed_starts) = (false, 0);
    while !stop.is_cancelled() {
        supervised.was_ready.store(false, Ordering::Relaxed);
        let mut group = Group::start(&supervised, has_flag)?;
        let begin = Instant::now();
        tell(ProcessEvent::Started(group.id));
        let status = tokio::select! {
            status = group.child.wait() => status,
            file = watch.next() => {
                group.stop().await;
                tell(ProcessEvent::Changed(file));
                continue;
            }
            () = stop.cancelled() => {
                group.stop().await;
                continue;
            }
        };
        group.stop().await;
        let was_ready = supervised.was_ready.load(Ordering::Relaxed);
        if !was_ready && !has_flag && group.asked_for_flag() {
            has_flag = true;
            tell(ProcessEvent::FlagAdded(supervised.flag()));
            continue;
        }
        if !was_ready && has_flag {
            has_flag = false;
            tell(ProcessEvent::FlagDropped);
        }
        // A command that fails to start would fail again, so wait for a change. Without a watch, it may have failed
        // because of something else that has to start first.
        failed_starts = if begin.elapsed() < START && !was_ready { failed_starts + 1 } else { 0 };
        let waits_for_change = failed_starts >= if watch.is_on() { 1 } else { FAILED_STARTS };
        if let Ok(status) = status {
            tell(match (waits_for_change, watch.is_on()) {
                (false, _) => ProcessEvent::Ended(status),
                (true, true) => ProcessEvent::Failed(status),
                (true, false) => ProcessEvent::GivenUp { status, starts: failed_starts },
            });
        }
        tokio::select! {
            () = sleep(REST), if !waits_for_change => {}
            () = stop.cancelled() => {}
            file = watch.next() => tell(ProcessEvent::Changed(file)),
        }
    }
    Ok(())
}

impl Supervised {
    /// Returns the flag that passes the peer's address to a Go program.
    fn flag(&self) -> String {
        format!("-peer.address {}", ccs_report::shell::quote(&self.peer_address))
    }
}

/// Shell script that waits until its input is closed, and then kills the process group in its argument.
const OUTLIVED: &str = "read -r nothing; kill -s KILL -- \"-$0\"";

/// Command and all processes that it has started.
struct Group {
    child: Child,
    id: u32,
    asked_for_flag: Arc<AtomicBool>,
    /// Tasks that pass on the output. They end when all writers have closed it.
    readers: JoinSet<()>,
    /// Kills the group if this process is killed, by the closing of a pipe.
    _watchdog: Child,
}

impl Group {
    fn start(supervised: &Supervised, has_flag: bool) -> Result<Self, Error> {
        let mut command = supervised.command.clone();
        if has_flag {
            command = format!("{command} {}", supervised.flag());
        }
        let cannot = |source| Error::Command { command: command.clone(), source };
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(&command)
            .envs(supervised.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(cannot)?;
        let id = child.id().ok_or_else(|| cannot(io::Error::other("it has no process")))?;
        let (mut readers, asked_for_flag) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        let take = |stream| {
            let (output, asked) = (Arc::clone(&supervised.output), Arc::clone(&asked_for_flag));
            move |line: &str| {
                asked.fetch_or(line.contains(FLAG_IS_MISSING), Ordering::Relaxed);
                output(stream, line);
            }
        };
        if let Some(stdout) = child.stdout.take() {
            readers.spawn(output::read(stdout, take(Stream::Stdout)));
        }
        if let Some(stderr) = child.stderr.take() {
            readers.spawn(output::read(stderr, take(Stream::Stderr)));
        }
        let watchdog = Command::new("sh")
            .args(["-c", OUTLIVED, &id.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(cannot)?;
        Ok(Self { child, id, asked_for_flag, readers, _watchdog: watchdog })
    }

    /// Returns whether the command has asked for the peer's address; reliable only after it has stopped.
    fn asked_for_flag(&self) -> bool {
        self.asked_for_flag.load(Ordering::Relaxed)
    }

    /// Asks all processes of the group to stop, kills those that do not, and passes on their last output.
    async fn stop(&mut self) {
        self.signal(Signal::TERM);
        // An error means that the process was already waited for.
        let _ = timeout(PATIENCE, self.child.wait()).await;
        self.signal(Signal::KILL);
        let _ = self.child.wait().await;
        let read = async { while self.readers.join_next().await.is_some() {} };
        // A process that has left the group may keep the pipe open forever.
        let _ = timeout(REST, read).await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.id).ok().and_then(Pid::from_raw) {
            // An error means that no process is left.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tokio::sync::mpsc;
    use tokio::task::JoinHandle;

    use super::*;

    /// Running command and its events.
    struct Running {
        told: mpsc::UnboundedReceiver<ProcessEvent>,
        lines: mpsc::UnboundedReceiver<(Stream, String)>,
        was_ready: Arc<AtomicBool>,
        stop: CancellationToken,
        task: JoinHandle<Result<(), Error>>,
    }

    impl Running {
        /// Keeps a command running, and watches a folder, if one is given, except for `ledger` in it.
        fn begin(command: &str, watched: Option<&Path>) -> Self {
            let (tell, told) = mpsc::unbounded_channel();
            let (write, lines) = mpsc::unbounded_channel();
            let was_ready: Arc<AtomicBool> = Arc::default();
            let supervised = Supervised {
                command: command.to_owned(),
                variables: Vec::new(),
                peer_address: "127.0.0.1:7052".to_owned(),
                watched: watched.map(Path::to_owned).into_iter().collect(),
                unwatched: watched.map(|folder| folder.join("ledger")).into_iter().collect(),
                was_ready: Arc::clone(&was_ready),
                output: Arc::new(move |stream, line| drop(write.send((stream, line.to_owned())))),
            };
            let stop = CancellationToken::new();
            let tell = move |happening| drop(tell.send(happening));
            let task = tokio::spawn(keep_running(supervised, tell, stop.clone()));
            Self { told, lines, was_ready, stop, task }
        }

        async fn next(&mut self) -> ProcessEvent {
            timeout(Duration::from_secs(30), self.told.recv()).await.unwrap().unwrap()
        }

        async fn line(&mut self) -> (Stream, String) {
            timeout(Duration::from_secs(30), self.lines.recv()).await.unwrap().unwrap()
        }

        async fn end(self) {
            self.stop.cancel();
            timeout(Duration::from_secs(30), self.task).await.unwrap().unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn no_process_of_a_command_outlives_it() {
        let mut running = Running::begin("sleep 1000 & echo $!; wait", None);
        let (_, inner) = running.line().await;
        running.end().await;
        assert!(ccs_testkit::wait_for_exit(&inner, PATIENCE), "process {inner} is still there");
    }

    #[tokio::test]
    async fn both_outputs_of_a_command_are_passed_on() {
        let mut running = Running::begin("echo one; sleep 1000 & echo two >&2; wait", None);
        let mut lines = [running.line().await, running.line().await];
        lines.sort_by_key(|(_, line)| line.clone());
        assert_eq!(lines, [(Stream::Stdout, "one".to_owned()), (Stream::Stderr, "two".to_owned())]);
        running.end().await;
    }

    #[tokio::test]
    async fn a_command_that_fails_to_start_waits_for_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = Running::begin("exit 3", Some(folder.path()));
        assert!(matches!(running.next().await, ProcessEvent::Started(_)));
        let ProcessEvent::Failed(status) = running.next().await else { panic!("it did not fail") };
        assert_eq!(status.code(), Some(3));
        std::fs::write(folder.path().join("contract.js"), "corrected").unwrap();
        assert!(matches!(running.next().await, ProcessEvent::Changed(_)));
        assert!(matches!(running.next().await, ProcessEvent::Started(_)));
        running.end().await;
    }

    #[tokio::test]
    async fn without_a_watch_a_command_that_fails_to_start_is_given_up() {
        let mut running = Running::begin("exit 3", None);
        for _ in 1..FAILED_STARTS {
            assert!(matches!(running.next().await, ProcessEvent::Started(_)));
            assert!(matches!(running.next().await, ProcessEvent::Ended(_)));
        }
        assert!(matches!(running.next().await, ProcessEvent::Started(_)));
        let event = running.next().await;
        assert_eq!(
            event.to_string(),
            "ended 3 times right after its start: exit status: 3; it is not started again: correct it and restart \
             `ccs dev`, or use --watch to start it again when a file changes"
        );
        assert!(matches!(event, ProcessEvent::GivenUp { .. }));
        running.stop.cancel();
        timeout(Duration::from_secs(30), &mut running.task).await.unwrap().unwrap().unwrap();
        assert!(running.told.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_change_starts_the_command_again() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("ledger")).unwrap();
        let mut running = Running::begin("sleep 1000", Some(folder.path()));
        let ProcessEvent::Started(first) = running.next().await else { panic!("it did not start") };
        // The first two are the peer's own files and are ignored.
        for file in ["dev.log", "ledger/ledger.redb", "contract.js"] {
            std::fs::write(folder.path().join(file), "changed").unwrap();
        }
        let ProcessEvent::Changed(file) = running.next().await else { panic!("the change was not seen") };
        assert!(file.ends_with("contract.js"), "{}", file.display());
        let ProcessEvent::Started(second) = running.next().await else { panic!("it did not start again") };
        assert_ne!(first, second);
        running.end().await;
    }

    /// Imitates a Go program that calls `shim.Start`, as far as its flag is concerned.
    const FAKE_GO: &str = r#"fake() { test "$2" = 127.0.0.1:7052 && echo "got $1 $2" && exec sleep 1000;
        echo "Error: flag 'peer.address' must be set" >&2; exit 1; }; fake"#;

    #[tokio::test]
    async fn a_program_that_asks_for_the_flag_is_started_again_with_it() {
        let mut running = Running::begin(FAKE_GO, None);
        assert!(matches!(running.next().await, ProcessEvent::Started(_)));
        let ProcessEvent::FlagAdded(flag) = running.next().await else { panic!("it has no flag") };
        assert_eq!(flag, "-peer.address 127.0.0.1:7052");
        assert!(matches!(running.next().await, ProcessEvent::Started(_)));
        assert_eq!(running.line().await.0, Stream::Stderr);
        assert_eq!(running.line().await, (Stream::Stdout, "got -peer.address 127.0.0.1:7052".to_owned()));
        running.end().await;
    }

    #[tokio::test]
    async fn a_script_that_does_not_pass_the_flag_on_is_told_of_once_and_waits() {
        let folder = tempfile::tempdir().unwrap();
        let script = "script() { echo \"flag 'peer.address' must be set\"; exit 1; }; script";
        let mut running = Running::begin(script, Some(folder.path()));
        assert!(matches!(running.next().await, ProcessEvent::Started(_)));
        assert!(matches!(running.next().await, ProcessEvent::FlagAdded(_)));
        assert!(matches!(running.next().await, ProcessEvent::Started(_)));
        assert!(matches!(running.next().await, ProcessEvent::FlagDropped));
        assert!(matches!(running.next().await, ProcessEvent::Failed(_)));
        assert!(!running.was_ready.load(Ordering::Relaxed));
        running.end().await;
    }
}
