//! Kubernetes as one program, built once from its Go modules into a cache that all checkouts share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use xtask_base::{cache, processes, workspace};

/// The module of Kubernetes, which go.mod names with its version.
const MODULE: &str = "k8s.io/kubernetes";

/// The variables in which a program of Kubernetes stores its version.
const VERSION: &str = "k8s.io/component-base/version";

/// How long the build may take: four to seven minutes on two processors, and the modules are fetched before.
const BUILD: Duration = Duration::from_mins(25);

/// The files whose changes require a new build.
const SOURCES: [&str; 4] = ["go.mod", "go.sum", "main.go", "pause/main.go"];

/// Kubernetes, and the first program of each Pod.
pub struct Programs {
    folder: PathBuf,
}

/// Returns the folder of everything that the cluster is made from.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("conformance/kubernetes")
}

impl Programs {
    /// Takes the programs from the cache, or builds them.
    pub fn ready() -> Result<Self> {
        let module = folder().join("program");
        let name = format!("kubernetes/{}", cache::key(&module, &SOURCES)?);
        Ok(Self { folder: cache::built_once(&name, |target| build(&module, target))? })
    }

    /// Returns the path of Kubernetes.
    pub(crate) fn kubernetes(&self) -> PathBuf {
        self.folder.join("kubernetes")
    }

    /// Returns the path of the first program of each Pod.
    pub(crate) fn pause(&self) -> PathBuf {
        self.folder.join("pause")
    }
}

/// Builds both programs into a folder.
fn build(module: &Path, target: &Path) -> Result<()> {
    let (start, version) = (Instant::now(), version(module)?);
    println!("kubernetes {version}: builds one program from its Go modules, once; this takes minutes");
    let minor = version.split('.').nth(1).unwrap_or_default();
    let flags = format!(
        "-s -w -X {VERSION}.gitVersion={version} -X {VERSION}.gitMajor=1 -X {VERSION}.gitMinor={minor} \
         -X {VERSION}.gitTreeState=clean"
    );
    // 3 GB that no other build uses: they go with the folder.
    let intermediate = tempfile::Builder::new().prefix("kubernetes-build-").tempdir()?;
    let mut go = Command::new("go");
    go.args(["build", "-trimpath", "-buildvcs=false", "-ldflags", &flags, "-o"]).arg(target.join(""));
    go.args([".", "./pause"]).current_dir(module).env("CGO_ENABLED", "0").env("GOCACHE", intermediate.path());
    processes::succeed(&mut go, BUILD)?;
    println!("kubernetes {version}: built in {} s", start.elapsed().as_secs());
    Ok(())
}

/// Reads the version of Kubernetes in go.mod.
fn version(module: &Path) -> Result<String> {
    let text = fs::read_to_string(module.join("go.mod"))?;
    let version = text.lines().find_map(|line| line.trim().strip_prefix(MODULE)?.strip_prefix(' '));
    Ok(version.with_context(|| format!("go.mod does not name {MODULE}"))?.to_owned())
}
