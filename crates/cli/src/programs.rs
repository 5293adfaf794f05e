//! Finds the executables of the builder and the launcher.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The name of the builder's executable.
const NAME: &str = "ccs-builder";

/// The name of the launcher's executable.
const LAUNCHER: &str = "ccs-launcher";

/// Returns the builder's executable: the one that was named, or the one beside this program.
///
/// In a source tree, under `cargo run`, cargo is asked to build the static program, since it builds only the program
/// that it runs.
pub(crate) fn ccs_builder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    if let (Some(cargo), Some(manifest)) = (env::var_os("CARGO"), env::var_os("CARGO_MANIFEST_DIR")) {
        return build(Path::new(&cargo), Path::new(&manifest));
    }
    let beside = env::current_exe().ok().and_then(|this| Some(this.parent()?.join(NAME)));
    beside.filter(|path| path.is_file()).ok_or_else(|| {
        Failure::new("there is no ccs-builder beside this program")
            .hint("name it with --builder FILE; releases have both in one archive".to_owned())
    })
}

/// Returns the launcher's executable: the one beside the builder that was named, or beside this program.
///
/// In a source tree, under `cargo run`, cargo is asked to build it for this machine alone.
pub(crate) fn ccs_launcher(builder: Option<&Path>) -> Result<PathBuf, Failure> {
    let this = env::current_exe().ok();
    let beside = |program: &Path| Some(program.parent()?.join(LAUNCHER)).filter(|path| path.is_file());
    let found = builder.and_then(beside).or_else(|| this.as_deref().and_then(beside));
    if let Some(found) = found {
        return Ok(found);
    }
    if let (Some(cargo), Some(manifest)) = (env::var_os("CARGO"), env::var_os("CARGO_MANIFEST_DIR")) {
        anstream::eprintln!("building {LAUNCHER}");
        return build_with(Path::new(&cargo), Path::new(&manifest), &["--package", LAUNCHER]);
    }
    Err(Failure::new(
        "the package needs ccs-launcher, which lies neither beside the builder nor beside this program",
    )
    .hint(
        "releases have all programs in one archive; or name the folder with --builder FOLDER/ccs-builder"
            .to_owned(),
    ))
}

fn build(cargo: &Path, package: &Path) -> Result<PathBuf, Failure> {
    let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
    add_target(&target, package);
    anstream::eprintln!("building the static {NAME} for {target}");
    build_with(cargo, package, &["--profile", "builder", "--package", NAME, "--target", &target]).map_err(
        |failure| failure.hint(format!("if the target is missing, type: rustup target add {target}")),
    )
}

/// Has cargo build a program, and returns its executable.
fn build_with(cargo: &Path, package: &Path, what: &[&str]) -> Result<PathBuf, Failure> {
    let output = Command::new(cargo)
        .args(["build", "--quiet"])
        .args(what)
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(package)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(format!("cannot run {}: {error}", cargo.display())))?;
    let executable = String::from_utf8_lossy(&output.stdout).lines().rev().find_map(executable);
    executable
        .filter(|_| output.status.success())
        .ok_or_else(|| Failure::new(format!("cargo could not build the program of {}", what.join(" "))))
}

/// Lets rustup add the target's standard library if it is missing; whether that worked, cargo will tell.
fn add_target(target: &str, package: &Path) {
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .current_dir(package)
        .output()
        .is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir());
    if !libraries {
        anstream::eprintln!("adding the target {target}");
        let _ = Command::new("rustup").args(["target", "add", target]).current_dir(package).status();
    }
}

/// The executable that a message of cargo names.
fn executable(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}
