//! The static builder, as it is shipped.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Gives the builder's executable: the one that the variable `CCS_BUILDER` names, or one built now.
#[must_use]
pub fn ccs_builder() -> PathBuf {
    if let Some(named) = std::env::var_os("CCS_BUILDER") {
        return named.into();
    }
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
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
