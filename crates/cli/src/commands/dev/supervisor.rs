//! The chaincode that `ccs dev` starts itself: a command in a process group of its own, started again when it ends or when
//! files change.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use notify::{RecursiveMode, Watcher as _};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// How long the command may take to stop before it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a command that has ended by itself is let rest: one that cannot start shall not fill the terminal.
const REST: Duration = Duration::from_secs(1);

/// How long no file must change before the command is started again: editors and compilers write many.
const QUIET: Duration = Duration::from_millis(300);

/// How many changes wait to be seen: more than an editor makes of one.
const CHANGES: usize = 64;

/// What ends sooner than this, and was never ready, has failed to start.
const START: Duration = Duration::from_secs(5);

/// Folders whose changes never matter; builds and installs fill them. Nor does what is hidden, or a log.
const IGNORED: [&str; 3] = ["node_modules", "target", "build"];

/// A command to keep running.
#[derive(Debug)]
pub(super) struct Supervised {
    /// The command, for a shell.
    pub(super) command: String,
    /// The variables that it gets besides ours.
    pub(super) variables: Vec<(String, String)>,
    /// The folders to watch.
    pub(super) watched: Vec<PathBuf>,
    /// What is in there and yet does not count: the peer's own files.
    pub(super) unwatched: Vec<PathBuf>,
    /// Whether it has been ready since it was started last; others set it.
    pub(super) was_ready: Arc<AtomicBool>,
}

/// What happened to the command.
#[derive(Debug)]
pub(super) enum Happening {
    /// It was started.
    Started(u32),
    /// It ended by itself, and is started again after a moment.
    Ended(ExitStatus),
    /// It ended as soon as it was started, and is started again when a file changes.
    Failed(ExitStatus),
    /// It was stopped since a file changed.
    Changed(PathBuf),
}

/// Keeps a command running until `stop`, and leaves no process of it behind.
pub(super) async fn keep_running(
    supervised: Supervised,
    mut tell: impl FnMut(Happening) + Send,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let (tell_change, mut changed) = mpsc::channel(CHANGES);
    let watcher = watch(&supervised, tell_change)?;
    while !stop.is_cancelled() {
        supervised.was_ready.store(false, Ordering::Relaxed);
        let mut group = Group::start(&supervised)?;
        let begin = Instant::now();
        tell(Happening::Started(group.id));
        tokio::select! {
            status = group.child.wait() => {
                group.stop().await;
                // What does not even start is not mended by starting it again.
                let failed = begin.elapsed() < START && !supervised.was_ready.load(Ordering::Relaxed);
                let rest = if watcher.is_some() && failed { None } else { Some(REST) };
                if let Ok(status) = status {
                    tell(if rest.is_some() { Happening::Ended(status) } else { Happening::Failed(status) });
                }
                tokio::select! {
                    () = sleep(rest.unwrap_or_default()), if rest.is_some() => {}
                    () = stop.cancelled() => {}
                    Some(file) = next_change(&mut changed) => tell(Happening::Changed(file)),
                }
            }
            Some(file) = next_change(&mut changed) => {
                group.stop().await;
                tell(Happening::Changed(file));
            }
            () = stop.cancelled() => group.stop().await,
        }
    }
    Ok(())
}

/// Waits for a change, and then until none has come for a moment; gives the last file, since editors begin with others.
async fn next_change(changed: &mut mpsc::Receiver<PathBuf>) -> Option<PathBuf> {
    let mut last = changed.recv().await;
    if last.is_none() {
        // Nothing is watched.
        std::future::pending::<()>().await;
    }
    while let Ok(Some(next)) = timeout(QUIET, changed.recv()).await {
        last = Some(next);
    }
    last
}

/// Watches folders; what comes while many changes wait to be seen is not told.
fn watch(
    supervised: &Supervised,
    changes: mpsc::Sender<PathBuf>,
) -> Result<Option<notify::RecommendedWatcher>, Failure> {
    let folders = &supervised.watched;
    if folders.is_empty() {
        return Ok(None);
    }
    let roots = folders.clone();
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let unwatched: Vec<_> = supervised.unwatched.iter().map(absolute).collect();
    let tell = move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if event.kind.is_access() {
            return;
        }
        let counts = |path: &PathBuf| {
            !unwatched.iter().any(|folder| path.starts_with(folder))
                && !roots.iter().any(|root| is_ignored(root, path))
        };
        // The last one is the new name of a file that was renamed.
        if let Some(path) = event.paths.into_iter().rev().find(counts) {
            // Full: changes are waiting already.
            let _ = changes.try_send(path);
        }
    };
    let failed = |error: notify::Error| Failure::new(format!("cannot watch for changes: {error}"));
    let mut watcher = notify::recommended_watcher(tell).map_err(failed)?;
    for folder in folders {
        watcher.watch(folder, RecursiveMode::Recursive).map_err(failed)?;
    }
    Ok(Some(watcher))
}

/// Tells whether a change of a file below a watched folder does not matter.
fn is_ignored(root: &Path, path: &Path) -> bool {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let Ok(below) = path.strip_prefix(&root) else { return false };
    let of_others = below.components().any(|part| {
        let part = part.as_os_str().to_string_lossy();
        part.starts_with('.') || IGNORED.contains(&&*part)
    });
    of_others || below.extension().is_some_and(|extension| extension == "log")
}

/// Reads until nobody can write any more, and then ends the process group of its argument.
const OUTLIVED: &str = "read -r nothing; kill -s KILL -- \"-$0\"";

/// A command and all that it has started.
struct Group {
    child: Child,
    id: u32,
    /// Ends the group when this process is gone and could not do it: a pipe to it closes then.
    _watchdog: Child,
}

impl Group {
    fn start(supervised: &Supervised) -> Result<Self, Failure> {
        let command = &supervised.command;
        let cannot =
            |reason: &dyn std::fmt::Display| Failure::new(format!("cannot start {command:?}: {reason}"));
        let child = Command::new("sh")
            .arg("-c")
            .arg(command)
            .envs(supervised.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| cannot(&error))?;
        let id = child.id().ok_or_else(|| cannot(&"it has no process"))?;
        let watchdog = Command::new("sh")
            .args(["-c", OUTLIVED, &id.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| cannot(&error))?;
        Ok(Self { child, id, _watchdog: watchdog })
    }

    /// Asks every process of the group to stop, and kills those that do not.
    async fn stop(&mut self) {
        self.signal(Signal::TERM);
        // An error says that it was waited for already.
        let _ = timeout(PATIENCE, self.child.wait()).await;
        self.signal(Signal::KILL);
        let _ = self.child.wait().await;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = i32::try_from(self.id).ok().and_then(Pid::from_raw) {
            // An error says that nobody is left.
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
    use tokio::task::JoinHandle;

    use super::*;

    #[test]
    fn what_builds_and_installs_write_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for (path, ignored) in [
            ("lib/contract.js", false),
            ("node_modules/x/index.js", true),
            ("target/classes/A.class", true),
            (".ccs/ledger.redb", true),
            ("dev.log", true),
            ("catalog.js", false),
            ("src/target.go", false),
        ] {
            assert_eq!(is_ignored(folder.path(), &root.join(path)), ignored, "{path}");
        }
    }

    #[tokio::test]
    async fn no_process_of_a_command_outlives_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inner");
        let supervised = Supervised {
            command: format!("sleep 1000 & echo $! > {0}.tmp; mv {0}.tmp {0}; wait", file.display()),
            variables: Vec::new(),
            watched: Vec::new(),
            unwatched: Vec::new(),
            was_ready: Arc::default(),
        };
        let stop = CancellationToken::new();
        let running = tokio::spawn(keep_running(supervised, |_| (), stop.clone()));
        let inner = loop {
            if let Ok(text) = std::fs::read_to_string(&file) {
                break text.trim().parse::<i32>().unwrap();
            }
            tokio::task::yield_now().await;
        };
        stop.cancel();
        running.await.unwrap().unwrap();
        let process = Path::new("/proc").join(inner.to_string()).join("stat");
        // A signal takes its time on a busy machine; a process that nobody has waited for yet is a zombie, and does
        // nothing any more.
        let is_gone = || {
            let state = std::fs::read_to_string(&process).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        let gone = async {
            while !is_gone() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, gone).await.unwrap();
    }

    /// Keeps a command running; gives what is told, and how to stop it.
    fn begin(
        supervised: Supervised,
    ) -> (mpsc::UnboundedReceiver<Happening>, CancellationToken, JoinHandle<Result<(), Failure>>) {
        let (tell, told) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let tell = move |happening| tell.send(happening).unwrap();
        (told, stop.clone(), tokio::spawn(keep_running(supervised, tell, stop)))
    }

    #[tokio::test]
    async fn what_fails_to_start_waits_for_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let supervised = Supervised {
            command: "exit 3".to_owned(),
            variables: Vec::new(),
            watched: vec![folder.path().to_owned()],
            unwatched: Vec::new(),
            was_ready: Arc::default(),
        };
        let (mut told, stop, running) = begin(supervised);
        let Some(Happening::Started(_)) = told.recv().await else { panic!("it did not start") };
        let Some(Happening::Failed(status)) = told.recv().await else { panic!("it did not fail") };
        assert_eq!(status.code(), Some(3));
        std::fs::write(folder.path().join("contract.js"), "corrected").unwrap();
        let Some(Happening::Changed(_)) = told.recv().await else { panic!("it did not wait for a change") };
        let Some(Happening::Started(_)) = told.recv().await else { panic!("it did not start again") };
        stop.cancel();
        running.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_change_starts_the_command_again() {
        let folder = tempfile::tempdir().unwrap();
        let supervised = Supervised {
            command: "sleep 1000".to_owned(),
            variables: Vec::new(),
            watched: vec![folder.path().to_owned()],
            unwatched: vec![folder.path().join("ledger")],
            was_ready: Arc::default(),
        };
        std::fs::create_dir(folder.path().join("ledger")).unwrap();
        let (mut told, stop, running) = begin(supervised);
        let Some(Happening::Started(first)) = told.recv().await else { panic!("it did not start") };
        // The first two are the peer's own, and do not count.
        for file in ["dev.log", "ledger/ledger.redb", "contract.js"] {
            std::fs::write(folder.path().join(file), "changed").unwrap();
        }
        let Some(Happening::Changed(file)) = told.recv().await else { panic!("the change was not seen") };
        assert!(file.ends_with("contract.js"), "{}", file.display());
        let Some(Happening::Started(second)) = told.recv().await else { panic!("it did not start again") };
        assert_ne!(first, second);
        stop.cancel();
        running.await.unwrap().unwrap();
    }
}
