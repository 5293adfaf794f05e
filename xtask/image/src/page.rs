//! The commands of docs/docker.md, run as a reader would: in a copy of the checkout, one block after another in one shell.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use tempfile::TempDir;
use xtask_docker::engine::{Engine, output};

use super::bases::NODE;
use xtask_base::workspace;

/// What begins a block that is run here.
const FENCE: &str = "```sh run by cargo xtask image";

/// The images that the page makes.
pub(crate) const IMAGES: [&str; 4] = [
    "fabric-ccs-builder:latest",
    "fabric-ccs-builder:minimal",
    "fabric-ccs-builder:tools",
    "asset-transfer-node:latest",
];

/// The volumes that the page makes.
pub(crate) const VOLUMES: [&str; 2] = ["ccs-builder", "ccs-copied"];

/// Returns the name of this process's Compose project, with which the names of its containers, volumes and networks begin.
pub(crate) fn project() -> String {
    format!("ccs-test-{}", std::process::id())
}

/// A copy of the checkout, and the programs that the page's commands find on their PATH.
pub(crate) struct Checkout<'a> {
    engine: &'a Engine,
    folder: TempDir,
    /// How Compose is called, one word for each argument.
    compose: Vec<String>,
}

impl<'a> Checkout<'a> {
    /// Copies the files that a clone would have.
    pub(crate) fn new(engine: &'a Engine, compose: &[String], ccs: Option<&Path>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("checkout-").tempdir()?;
        let copy = "tar -c --exclude=./.git --exclude=target --exclude=node_modules . | tar -x -C \"$1\"";
        let mut tar = Command::new("sh");
        tar.args(["-c", copy, "sh"]).arg(folder.path()).current_dir(workspace::root()).stdin(Stdio::null());
        output(&mut tar)?;
        let checkout = Self { engine, folder, compose: compose.to_vec() };
        checkout.programs(&ccs.map_or_else(workspace::build_ccs, |ccs| Ok(ccs.canonicalize()?))?)?;
        Ok(checkout)
    }

    /// The engine that the commands speak to.
    pub(crate) const fn engine(&self) -> &Engine {
        self.engine
    }

    /// The folder of the Compose file.
    pub(crate) fn compose_folder(&self) -> PathBuf {
        self.folder.path().join("deploy/compose")
    }

    /// `ccs`, and a `docker` that builds from the base images of this machine and knows Compose.
    fn programs(&self, ccs: &Path) -> Result<()> {
        let bin = self.folder.path().join("target/bin");
        fs::create_dir_all(&bin)?;
        symlink(ccs, bin.join("ccs"))?;
        let client = self.engine.client().display();
        let arguments =
            super::arguments(super::bases::RUST).map(|argument| format!("--build-arg {argument}")).join(" ");
        let compose = self.compose.join(" ");
        let wrapper = format!(
            "#!/bin/sh\ncase $1 in\nbuild) shift; DOCKER_BUILDKIT=0 exec {client} build --network=none {arguments} \"$@\" ;;\n\
             compose) shift; exec {compose} \"$@\" ;;\n*) exec {client} \"$@\" ;;\nesac\n"
        );
        let docker = bin.join("docker");
        fs::write(&docker, wrapper)?;
        Ok(fs::set_permissions(&docker, fs::Permissions::from_mode(0o755))?)
    }

    /// Prepares a command that finds those programs first, and a Compose project of its own.
    pub(crate) fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        self.engine.direct(&mut command);
        command
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.folder.path().join("target/bin").display()))
            .env("COMPOSE_PROJECT_NAME", project())
            .env("NODE_IMAGE", NODE);
        command
    }

    /// Runs the page.
    pub(crate) fn run_page(&self) -> Result<String> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let page = fs::read_to_string(self.folder.path().join("docs/docker.md"))?;
        let (script, blocks) = script(&page);
        ensure!(blocks > 0, "the page has no block that begins with {FENCE}");
        let script = script.replace("127.0.0.1:9999", &format!("127.0.0.1:{port}"));
        let mut shell = self.command("sh");
        output(shell.args(["-eux", "-c", &script]).env("CHAINCODE_PORT", port.to_string()))?;
        Ok(format!("{blocks} blocks"))
    }
}

/// The commands of a page that are run here, and the number of blocks.
fn script(page: &str) -> (String, usize) {
    let (mut script, mut blocks, mut inside) = (String::new(), 0, false);
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == FENCE;
            blocks += usize::from(inside);
        } else if inside {
            script.push_str(line);
            script.push('\n');
        }
    }
    (script, blocks)
}

#[cfg(test)]
mod tests {
    use super::{FENCE, script};

    #[test]
    fn only_blocks_that_say_so_are_run() {
        let page = format!("{FENCE}\na\n```\n\n```sh not run: no\nb\n```\n\n{FENCE}\nc\n```\nd\n");
        assert_eq!(script(&page), ("a\nc\n".to_owned(), 2));
    }
}
