//! The static builder, built as for a release.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the path of the builder's executable: the one that the variable `CCS_BUILDER` names, or a new build.
#[must_use]
pub fn ccs_builder() -> PathBuf {
    if let Some(named) = std::env::var_os("CCS_BUILDER") {
        return named.into();
    }
    let target = static_target();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--profile", "builder", "--package", "ccs-builder", "--target", &target])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(crate::source_tree())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo builds the static ccs-builder");
    let messages = String::from_utf8(output.stdout).unwrap();
    let executable = messages.lines().rev().find_map(|message| {
        let message: serde_json::Value = serde_json::from_str(message).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    });
    executable.unwrap()
}

/// Returns the target of static programs, and adds it with rustup if it is missing.
///
/// One caller at a time, since two processes of rustup fail when they add a target at once.
#[must_use]
pub fn static_target() -> String {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let folder = crate::source_tree();
    let one = File::create(std::env::temp_dir().join(format!("fabric-ccs-{target}.lock"))).unwrap();
    one.lock().unwrap();
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", &target])
        .current_dir(&folder)
        .output()
        .unwrap();
    if !Path::new(String::from_utf8_lossy(&libraries.stdout).trim()).is_dir() {
        let added = Command::new("rustup").args(["target", "add", &target]).current_dir(&folder).status();
        assert!(added.is_ok_and(|status| status.success()), "rustup adds the target {target}");
    }
    target
}
