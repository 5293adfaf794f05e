//! A builder's folder, a package, and a peer that calls `run`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take before a test fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The package of the tests.
pub(crate) const PACKAGE: &str = "basic_1.0:abababababababababababababababababababababababababababababababab";

/// A builder's folder with a package.
pub(crate) struct Site {
    folder: TempDir,
}

impl Site {
    /// Makes a builder with these settings, and an empty package of a type.
    pub(crate) fn new(settings: &str, chaincode_type: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        for name in ["bin", "src", "metadata", "bld", "tmp"] {
            fs::create_dir(site.path(name)).unwrap();
        }
        // A child process of another test might still have a copy open for writing.
        symlink(env!("CARGO_BIN_EXE_ccs-launcher"), site.path("bin/run")).unwrap();
        fs::write(site.path("launch.yaml"), settings).unwrap();
        let metadata = format!(r#"{{"type":"{chaincode_type}","label":"basic_1.0"}}"#);
        fs::write(site.path("metadata/metadata.json"), metadata).unwrap();
        site
    }

    /// Makes a builder that launches processes, with a script as the built chaincode.
    pub(crate) fn with_fake_chaincode(script: &str) -> Self {
        let site = Self::new("platform: process\n", "binary");
        site.source("chaincode", &format!("#!/bin/sh\n{script}\n"));
        let built = site.build();
        assert!(built.status.success(), "{}", said(&built));
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file into the package.
    pub(crate) fn source(&self, name: &str, content: &str) {
        let path = self.path("src").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn command(&self, words: &[&str], folders: &[&Path]) -> Command {
        let mut command = Command::new(self.path("bin/run"));
        command.args(words).args(folders).env_clear();
        let path = format!("{}:/usr/bin:/bin", self.path("tools").display());
        command.env("PATH", path).env("TMPDIR", self.path("tmp"));
        command
    }

    pub(crate) fn detect(&self) -> Output {
        self.command(&["--detect"], &[&self.path("src"), &self.path("metadata")]).output().unwrap()
    }

    pub(crate) fn build(&self) -> Output {
        self.build_from(&self.path("src"))
    }

    /// Builds a package whose files are elsewhere.
    pub(crate) fn build_from(&self, source: &Path) -> Output {
        let folders = [source.to_owned(), self.path("metadata"), self.path("bld")];
        self.command(&["--build"], &folders.each_ref().map(PathBuf::as_path)).output().unwrap()
    }

    /// Starts a build.
    pub(crate) fn building(&self) -> Running {
        let folders = [self.path("src"), self.path("metadata"), self.path("bld")];
        Running::start(&mut self.command(&["--build"], &folders.each_ref().map(PathBuf::as_path)))
    }

    /// Makes a folder as the peer makes it for each call of `run`.
    pub(crate) fn run_metadata(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        let chaincode = serde_json::json!({
            "chaincode_id": PACKAGE,
            "peer_address": "peer0.example.com:7052",
            "client_cert": "CERT",
            "client_key": "KEY",
            "root_cert": "ROOT",
            "mspid": "Org1MSP",
        });
        fs::write(folder.join("chaincode.json"), chaincode.to_string()).unwrap();
        folder
    }

    /// Calls `run`, as a peer does.
    pub(crate) fn run(&self, name: &str) -> Running {
        self.run_with(name, &[])
    }

    /// Calls `run` with variables that the peer propagates.
    pub(crate) fn run_with(&self, name: &str, variables: &[(&str, &str)]) -> Running {
        let run_metadata = self.run_metadata(name);
        let mut command = self.command(&[], &[&self.path("bld"), &run_metadata]);
        Running::start(command.envs(variables.iter().copied()))
    }

    /// The files below BLD, with their modes.
    pub(crate) fn built(&self) -> Vec<(String, u32)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path("bld")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    let name = entry.path().strip_prefix(self.path("bld")).unwrap().display().to_string();
                    found.push((name, entry.metadata().unwrap().permissions().mode() & 0o7777));
                }
            }
        }
        found.sort();
        found
    }
}

/// What a program has said.
pub(crate) fn said(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "a peer does not read stdout");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A `run` that runs.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, seen: Vec::new() }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for a line with this text, and returns what follows the text.
    pub(crate) fn says(&mut self, text: &str) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            let line = self.lines.recv_timeout(end.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("did not say {text:?}, but {:#?}", self.seen));
            self.seen.push(line.clone());
            if let Some(at) = line.find(text) {
                return line[at + text.len()..].to_owned();
            }
        }
    }

    /// Stops reading, as a peer that has died.
    pub(crate) fn stop_reading(&mut self) {
        let (_, nobody) = mpsc::channel();
        self.lines = nobody;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the end; returns the status, how long it took, and all lines.
    pub(crate) fn ends(mut self) -> (Option<i32>, Duration, Vec<String>) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < LIMIT, "run does not end, and said {:#?}", self.seen);
            thread::yield_now();
        };
        let took = start.elapsed();
        while let Ok(line) = self.lines.recv_timeout(LIMIT) {
            self.seen.push(line);
        }
        (status.code(), took, self.seen)
    }
}

/// Waits until a process has gone.
pub(crate) fn gone(pid: &str) -> Duration {
    let start = Instant::now();
    // An ended process whose exit status was not read has no command line.
    while fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty()) {
        assert!(start.elapsed() < LIMIT, "process {pid} lives on");
        thread::yield_now();
    }
    start.elapsed()
}
