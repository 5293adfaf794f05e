//! The contracts, runners and applications of `conformance/dev-peer`, with the commands to build and run them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::workspace;

/// The language of a contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Go,
    Node,
    Java,
}

/// A variable of a contract's environment.
pub(crate) type Variable = (String, String);

/// The SDK of a runner.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runner {
    Go,
    Node,
}

/// Returns the folder `conformance/dev-peer`.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("conformance/dev-peer")
}

/// Returns a command that runs in that folder.
pub(super) fn in_folder(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder());
    command
}

/// Builds all programs, including `ccs` and its builder.
pub(super) fn build() -> Result<()> {
    workspace::build_ccs()?;
    for (place, program) in [
        ("contracts/go", "target/everything"),
        ("runners/go", "target/transcript-runner"),
        ("applications/go", "target/application"),
        ("administrator", "target/administrator"),
    ] {
        build_go(place, program)?;
    }
    let sample = workspace::root().join("samples/asset-transfer-node");
    let places = ["contracts/node", "runners/node", "applications/node", "applications/legacy"];
    let places = places.map(|place| folder().join(place));
    for place in places.into_iter().chain([sample]) {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--silent"]);
        workspace::succeed(npm.current_dir(place).stdin(Stdio::null()))?;
    }
    let mut maven = Command::new("mvn");
    maven.args(["--quiet", "--batch-mode", "package"]);
    workspace::succeed(maven.current_dir(folder().join("contracts/java")).stdin(Stdio::null()))
}

/// Builds the programs for tests of a Fabric peer: `ccs`, and the contract and the runner in Go.
pub(crate) fn build_for_fabric() -> Result<()> {
    workspace::build_ccs()?;
    build_contract_in_go()?;
    build_go("runners/go", "target/transcript-runner")
}

/// Builds the contract in Go and returns its path.
pub(crate) fn build_contract_in_go() -> Result<PathBuf> {
    build_go("contracts/go", "target/everything")?;
    Ok(folder().join("contracts/go/target/everything"))
}

/// Builds a program in Go in its folder.
fn build_go(place: &str, program: &str) -> Result<()> {
    let mut go = Command::new("go");
    go.args(["build", "-o", program, "."]).env("CGO_ENABLED", "0");
    workspace::succeed(go.current_dir(folder().join(place)).stdin(Stdio::null()))
}

impl Language {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Node => "node",
            Self::Java => "java",
        }
    }

    /// Returns the command line of the contract, and its option for the peer's address.
    pub(super) fn words(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Go => (&["contracts/go/target/everything"], "-peer.address"),
            Self::Node => (&["node", "contracts/node/index.js"], "--peer.address"),
            Self::Java => (&["java", "-jar", "contracts/java/target/everything.jar"], "--peerAddress"),
        }
    }

    /// Returns the variables of a contract that serves under an ID.
    pub(super) fn server(self, id: &str, address: &str) -> Vec<Variable> {
        let (id_name, address_name) = match self {
            Self::Go => ("CHAINCODE_ID", "CHAINCODE_SERVER_ADDRESS"),
            Self::Node => ("CORE_CHAINCODE_ID", "CORE_CHAINCODE_ADDRESS"),
            Self::Java => ("CORE_CHAINCODE_ID_NAME", "CHAINCODE_SERVER_ADDRESS"),
        };
        vec![(id_name.to_owned(), id.to_owned()), (address_name.to_owned(), address.to_owned())]
    }

    /// Returns the variables of a contract that connects under an ID.
    pub(super) fn client(self, id: &str) -> Vec<Variable> {
        let mut variables = vec![("CORE_CHAINCODE_ID_NAME".to_owned(), id.to_owned())];
        if self == Self::Go {
            variables.push(("CORE_PEER_TLS_ENABLED".to_owned(), "false".to_owned()));
        }
        variables
    }
}

impl Runner {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::Node => "node",
        }
    }

    /// Returns the command that runs the transcript on a peer with all its prerequisites.
    pub(crate) fn on(self, endpoint: &str, organizations: &Path) -> Command {
        let mut command = self.command();
        command.arg("--transcript").arg(folder().join("transcript.toml"));
        command.arg("--organizations").arg(organizations);
        command
            .args(["--endpoint", endpoint, "--channel", "mychannel", "--chaincode", "everything"])
            .args(["--other-channel", "other", "--other-chaincode", "another", "--init-chaincode", "strict"])
            .args(["--with", "restarts,short-execute-timeout"]);
        command
    }

    fn command(self) -> Command {
        match self {
            Self::Go => in_folder(folder().join("runners/go/target/transcript-runner")),
            Self::Node => {
                let mut node = in_folder("node");
                node.arg("runners/node/run.js");
                node
            }
        }
    }
}

/// Returns the applications with their names.
pub(super) fn applications() -> [(&'static str, Command); 3] {
    let node = |script| {
        let mut node = in_folder("node");
        node.arg(script);
        node
    };
    [
        ("node", node("applications/node/app.js")),
        ("legacy", node("applications/legacy/app.js")),
        ("go", in_folder(folder().join("applications/go/target/application"))),
    ]
}

/// Returns the program that installs, approves and commits chaincode.
pub(super) fn administrator() -> Command {
    in_folder(folder().join("administrator/target/administrator"))
}
