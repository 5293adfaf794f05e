//! What `build` has made of each contract, and both ways to start it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;
use tempfile::TempDir;
use xtask_base::{builder_programs, workspace};

use super::peer::Peer;
use crate::dev_peer::programs::{build_contract_in_go, folder};

/// An official shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Shim {
    Go,
    Node,
    Java,
}

/// How the command is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Hand,
    Run,
}

/// The builder, and the output of `build` for each shim.
pub(super) struct Site(PathBuf);

impl Shim {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Node => "node",
            Self::Java => "java",
        }
    }

    /// Builds the contract in a folder, as `build` leaves it there.
    fn build(self, build: &Path) -> Result<()> {
        fs::create_dir_all(build.join("src"))?;
        let chaincode_type = match self {
            Self::Go => {
                fs::copy(build_contract_in_go()?, build.join("chaincode"))?;
                fs::set_permissions(build.join("chaincode"), fs::Permissions::from_mode(0o700))?;
                "binary"
            }
            Self::Node => {
                copy(&folder().join("contracts/node/."), &build.join("src"))?;
                let mut npm = Command::new("npm");
                npm.args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(build.join("src"));
                workspace::succeed(npm.stdin(Stdio::null()))?;
                "node"
            }
            Self::Java => {
                let contract = folder().join("contracts/java");
                let mut maven = Command::new("mvn");
                maven.args(["--quiet", "--batch-mode", "package"]).current_dir(&contract);
                workspace::succeed(maven.stdin(Stdio::null()))?;
                fs::copy(contract.join("target/everything.jar"), build.join("chaincode.jar"))?;
                copy(&contract.join("target/lib"), build)?;
                "java"
            }
        };
        fs::write(
            build.join("metadata.json"),
            format!(r#"{{"type":"{chaincode_type}","label":"bench_1.0"}}"#),
        )?;
        Ok(())
    }

    /// Returns the program with its arguments, and its working folder.
    fn by_hand(self, build: &Path, meta: &Path, peer: &str) -> Command {
        let (program, words, folder) = match self {
            Self::Go => (build.join("chaincode"), vec![format!("-peer.address={peer}")], meta.to_owned()),
            Self::Node => {
                let words = ["start", "--", "--peer.address", peer].map(str::to_owned);
                ("npm".into(), words.into(), build.join("src"))
            }
            Self::Java => {
                let jar = build.join("chaincode.jar").to_string_lossy().into_owned();
                let words = ["-jar", &jar, "--peerAddress", peer].map(str::to_owned);
                ("java".into(), words.into(), meta.to_owned())
            }
        };
        let mut command = Command::new(program);
        command.args(words).current_dir(folder);
        command
    }
}

/// Copies files and folders, modes included.
fn copy(from: &Path, to: &Path) -> Result<()> {
    workspace::succeed(Command::new("cp").arg("-r").arg(from).arg(to))
}

impl Site {
    pub(super) fn prepare(folder: &Path, shims: &[Shim]) -> Result<Self> {
        let builder = builder_programs::build_with_launcher()?;
        builder_programs::put(&builder, &folder.join("bin"))?;
        fs::write(folder.join("launch.yaml"), "platform: process\nlanguages: [golang, node, java]\n")?;
        for shim in shims {
            shim.build(&folder.join(shim.name()))?;
        }
        Ok(Self(folder.to_owned()))
    }

    /// Returns a folder with chaincode.json.
    pub(super) fn metadata(&self, peer: &Peer) -> Result<TempDir> {
        let meta = tempfile::tempdir_in(&self.0)?;
        fs::write(meta.path().join("chaincode.json"), peer.chaincode_json()?)?;
        Ok(meta)
    }

    pub(super) fn command(&self, shim: Shim, way: Way, meta: &Path, peer: &Peer) -> Command {
        let build = self.0.join(shim.name());
        let mut command = match way {
            Way::Run => {
                let mut run = Command::new(self.0.join("bin/run"));
                run.args([&build, meta]);
                run
            }
            Way::Hand => shim.by_hand(&build, meta, &peer.endpoint),
        };
        command.env_clear().env("TMPDIR", &self.0);
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        if way == Way::Hand {
            command.env("HOME", meta);
            variables(&mut command, peer);
        }
        command
    }
}

/// Sets the variables that the shims read, with the files that `ccs dev` has written.
fn variables(command: &mut Command, peer: &Peer) {
    command.env("CORE_CHAINCODE_ID_NAME", &peer.id).env("CORE_PEER_TLS_ENABLED", "true");
    command.env("CORE_PEER_LOCALMSPID", "Org1MSP").env("CORE_PEER_ADDRESS", &peer.endpoint);
    for (variable, file) in [
        ("CORE_PEER_TLS_ROOTCERT_FILE", "ca.pem"),
        ("CORE_TLS_CLIENT_KEY_FILE", "client.key"),
        ("CORE_TLS_CLIENT_CERT_FILE", "client.pem"),
        // The shims for Node.js and Java read base64.
        ("CORE_TLS_CLIENT_KEY_PATH", "client.key.b64"),
        ("CORE_TLS_CLIENT_CERT_PATH", "client.pem.b64"),
    ] {
        command.env(variable, peer.certificates.join(file));
    }
}
