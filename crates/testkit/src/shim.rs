//! The samples with an official shim, started with exactly the given variables.

use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::NamedTempFile;

/// The sample to run.
#[derive(Clone, Debug)]
pub enum Shim {
    /// samples/asset-transfer-node, with its packages installed.
    Node,
    /// samples/asset-transfer-go, built.
    Go,
    /// samples/asset-transfer-java, packaged.
    Java,
    /// Any other program.
    Other {
        /// The executable.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

/// A chaincode server; killed when dropped.
#[derive(Debug)]
pub struct ShimServer {
    child: Child,
    log: NamedTempFile,
}

impl ShimServer {
    /// Starts the sample without waiting.
    ///
    /// The environment contains only the variables, without `PATH`, so this function resolves the program itself.
    #[must_use]
    pub fn start(shim: &Shim, variables: &[(String, String)]) -> Self {
        let mut command = command(shim);
        let log = NamedTempFile::new().unwrap();
        let child = command
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.reopen().unwrap())
            .stderr(File::options().append(true).open(log.path()).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// Returns the server's log.
    #[must_use]
    pub fn log(&self) -> String {
        let mut text = Vec::new();
        self.log.reopen().unwrap().read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Kills the server and waits for its end.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may already have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ShimServer {
    fn drop(&mut self) {
        self.end();
    }
}

fn command(shim: &Shim) -> Command {
    let sample = |name: &str| crate::source_tree().join("samples").join(name);
    match shim {
        Shim::Node => {
            let folder = sample("asset-transfer-node");
            assert!(folder.join("node_modules").is_dir(), "type npm ci in {}", folder.display());
            let mut command = Command::new(found("node"));
            command.args(["node_modules/fabric-shim/cli.js", "server"]).current_dir(folder);
            command
        }
        Shim::Go => {
            let program = sample("asset-transfer-go").join("target/asset-transfer-go");
            assert!(
                program.is_file(),
                "type go build -o target/asset-transfer-go . in {}",
                sample("asset-transfer-go").display()
            );
            Command::new(program)
        }
        Shim::Java => {
            let jar = sample("asset-transfer-java").join("target/asset-transfer.jar");
            assert!(jar.is_file(), "type mvn package in {}", sample("asset-transfer-java").display());
            let mut command = Command::new(found("java"));
            command.arg("-jar").arg(jar);
            command
        }
        Shim::Other { program, arguments } => {
            let mut command = Command::new(program);
            command.args(arguments);
            command
        }
    }
}

/// Resolves a program like a shell.
fn found(program: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let candidates = env::split_paths(&path).map(|folder| folder.join(program));
    let found = candidates.into_iter().find(|candidate| candidate.is_file());
    assert!(found.is_some(), "{program} is not installed");
    found.unwrap()
}
