//! Fabric's programs, and ours.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::VERSION;
use crate::{dev_peer, workspace};

/// The module of Fabric.
const MODULE: &str = "github.com/hyperledger/fabric";

/// Where everything is.
pub(super) struct Programs {
    /// The folder with `peer`, `orderer`, `configtxgen` and `cryptogen`.
    fabric: PathBuf,
    /// The folder with core.yaml and orderer.yaml as Fabric ships them.
    pub(super) settings: PathBuf,
}

/// Gives the folder of the proof.
pub(super) fn folder() -> PathBuf {
    workspace::root().join("conformance/fabric")
}

impl Programs {
    /// Builds Fabric's programs, `ccs`, and the contract of the development peer in Go.
    pub(super) fn build() -> Result<Self> {
        workspace::succeed(&mut workspace::cargo(["build", "--quiet", "--package", "ccs"]))?;
        dev_peer::programs::build_go("contracts/go", "target/everything")?;
        let mut fabric = go();
        // A name for itself is all that Fabric's own Makefile adds here.
        fabric.args(["build", "-o", "target/", "-ldflags"]);
        fabric.args([&format!("-X {MODULE}/common/metadata.Version={VERSION}"), "tool"]);
        workspace::succeed(&mut fabric)?;
        let output = go().args(["list", "-m", "-f", "{{.Dir}}", MODULE]).output()?;
        ensure!(output.status.success(), "go list failed: {}", String::from_utf8_lossy(&output.stderr));
        let sources = String::from_utf8(output.stdout).context("the path of Fabric's sources")?;
        let settings = PathBuf::from(sources.trim_end()).join("sampleconfig");
        Ok(Self { fabric: folder().join("target"), settings })
    }

    /// Gives one of Fabric's programs.
    pub(super) fn fabric(&self, program: &str) -> PathBuf {
        self.fabric.join(program)
    }
}

fn go() -> Command {
    let mut go = Command::new("go");
    go.current_dir(folder()).stdin(Stdio::null());
    go
}
