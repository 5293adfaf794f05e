//! Fabric's programs, built once from Fabric's sources into a cache that all checkouts share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::release::Release;
use crate::{cache, processes, workspace};

/// The Go module of Fabric.
const MODULE: &str = "github.com/hyperledger/fabric";

/// How often a build reports progress, in packages.
const PACKAGES_A_LINE: usize = 200;

/// How long the command for the path of the sources may take, which downloads them if they are missing.
const FETCH: Duration = Duration::from_mins(5);

/// How long a build may take: two minutes on two processors, and much longer on a busy machine.
const BUILD: Duration = Duration::from_mins(30);

/// The programs of one release.
pub(crate) struct Programs {
    pub(crate) release: &'static Release,
    /// The folder with `peer`, `orderer`, `osnadmin`, `configtxgen`, `cryptogen` and `discover`.
    folder: PathBuf,
    /// Our static builder.
    pub(crate) builder: PathBuf,
}

/// Returns the folder of the proof.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("conformance/fabric")
}

impl Programs {
    /// Takes the programs of a release from the cache, or builds them.
    pub(crate) fn ready(release: &'static Release, builder: &Path) -> Result<Self> {
        Ok(Self { release, folder: built(release)?, builder: builder.to_owned() })
    }

    /// Returns the folder of the programs, with their settings.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a command of one of the programs; it finds Fabric's own settings.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.env("FABRIC_CFG_PATH", &self.folder);
        // The command of 3.1 prints what gRPC does in between.
        command.env("FABRIC_LOGGING_SPEC", "info:grpc=error");
        command
    }
}

/// Returns the folder with the programs of a release; builds them where the cache does not have them.
pub(crate) fn built(release: &Release) -> Result<PathBuf> {
    let module = folder().join(release.module);
    let key = cache::key(&module, &["go.mod", "go.sum"])?;
    let name = format!("peers/{}-{key}", release.version);
    cache::built_once(&name, |target| build(release, &module, target))
}

/// Builds the programs into a folder, with the settings that Fabric ships.
fn build(release: &Release, module: &Path, target: &Path) -> Result<()> {
    let (start, version) = (Instant::now(), release.version);
    println!("fabric {version}: builds peer and orderer from Fabric's sources, once; this takes minutes");
    let mut go = Command::new("go");
    // Without cgo no C compiler is needed. A name for itself is what Fabric's own Makefile adds.
    let flags = format!("-s -w -X {MODULE}/common/metadata.Version={version}");
    go.args(["build", "-v", "-ldflags", &flags, "-o"]).arg(target.join("")).arg("tool");
    go.env("CGO_ENABLED", "0").current_dir(module);
    // A line that does not name a package says why the build fails.
    let (mut complaints, mut packages) = (Vec::new(), 0);
    let status = processes::follow(&mut go, BUILD, |line| {
        if line.starts_with('#') || line.contains(' ') {
            complaints.push(line);
            return;
        }
        packages += 1;
        if packages % PACKAGES_A_LINE == 0 {
            println!("fabric {version}: {packages} packages in {} s", start.elapsed().as_secs());
        }
    })?;
    ensure!(status.success(), "go build of Fabric {version} failed: {}", complaints.join("\n"));
    let mut list = Command::new("go");
    list.args(["list", "-m", "-f", "{{.Dir}}", MODULE]).current_dir(module);
    let sources = processes::succeed(&mut list, FETCH)?.stdout;
    for name in ["core.yaml", "orderer.yaml"] {
        let from = Path::new(sources.trim_end()).join("sampleconfig").join(name);
        let content = fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
        fs::write(target.join(name), content)?;
    }
    println!("fabric {version}: built in {} s", start.elapsed().as_secs());
    Ok(())
}
