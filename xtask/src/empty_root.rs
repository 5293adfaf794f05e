//! `cargo xtask empty-root`: runs the builder in a root folder that contains only the builder and its input.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::builder_programs;
use crate::tally::Tally;
use crate::toolchain;

/// The programs in a peer's order, with their arguments.
const STEPS: [(&str, &[&str]); 3] = [
    ("detect", &["/scratch/src", "/scratch/metadata"]),
    ("build", &["/scratch/src", "/scratch/metadata", "/scratch/bld"]),
    ("release", &["/scratch/bld", "/scratch/release"]),
];

/// Runs detect, build and release in an empty root.
pub(crate) fn run() -> Result<Tally> {
    let root = tempfile::Builder::new().prefix("empty-root-").tempdir()?;
    lay_out(root.path())?;
    let Some(chroot) = way_in(root.path()) else {
        return Ok(toolchain::missing("empty root", "neither chroot nor unshare is allowed on this machine"));
    };
    for (program, arguments) in STEPS {
        let output = change_root(chroot, root.path()).arg(format!("/{program}")).args(arguments).output()?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            println!("FAILED  empty root: {program} ended with {}: {}", output.status, stderr.trim());
            return Ok(Tally::FAILED);
        }
    }
    let released = root.path().join("scratch/release/chaincode/server/connection.json");
    let connection = fs::read_to_string(&released).context("nothing was released")?;
    println!("passed  empty root: released {connection}");
    Ok(Tally::PASSED)
}

fn lay_out(root: &Path) -> Result<()> {
    builder_programs::install(root)?;
    let scratch = root.join("scratch");
    for folder in ["src", "metadata", "bld", "release"] {
        fs::create_dir_all(scratch.join(folder))?;
    }
    fs::write(scratch.join("metadata/metadata.json"), r#"{"type":"ccaas","label":"asset"}"#)?;
    fs::write(scratch.join("src/connection.json"), r#"{"address":"asset.example.com:7052"}"#)?;
    Ok(())
}

/// The commands that change the root: as root, and as an ordinary user who is root in a new namespace.
const WAYS: [&[&str]; 2] = [&["chroot"], &["unshare", "--map-root-user", "chroot"]];

/// Returns the first of these commands that works here, tested with the builder's `--version`.
fn way_in(root: &Path) -> Option<&'static [&'static str]> {
    let works = |way: &&[&str]| {
        let mut command = change_root(way, root);
        command.args(["/detect", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    WAYS.into_iter().find(works)
}

fn change_root(way: &[&str], root: &Path) -> Command {
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).arg(root).env_clear().stdin(Stdio::null());
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command
}
