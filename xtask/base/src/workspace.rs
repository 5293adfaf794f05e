//! Paths in the checkout, and calls of cargo.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Returns the root of the checkout.
#[must_use]
pub fn root() -> &'static Path {
    let base = Path::new(env!("CARGO_MANIFEST_DIR"));
    base.ancestors().nth(2).unwrap_or(base)
}

/// Returns a cargo command in the root of the checkout, with the toolchain that runs this program.
pub fn cargo<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_package(name)) {
        command.env_remove(name);
    }
    command
}

/// Returns whether cargo has set a variable because it runs this program. Build scripts may read such a variable, as
/// ring's does: if its value differs from that in a developer's own cargo calls, ring and all crates that use it are
/// recompiled each time.
fn is_of_this_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR"
}

/// Runs a command; fails if the command fails.
pub fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed: {status}", shown(command));
    }
    Ok(())
}

/// Builds small static packages for musl, and returns the folder of the programs.
pub fn build_static(arguments: &[&str]) -> Result<PathBuf> {
    let target = ccs_testkit::static_target();
    let build = ["build", "--quiet", "--profile", "builder", "--target", &target];
    let mut command = cargo(build.iter().chain(arguments));
    // ring contains C and assembly that need no C library, so this machine's compiler can replace one for musl.
    let name = target.replace('-', "_");
    if std::env::var_os(format!("CC_{name}")).is_none() {
        command.env(format!("CC_{name}"), "cc").env(format!("CFLAGS_{name}"), "-U_FORTIFY_SOURCE");
    }
    succeed(&mut command)?;
    Ok(target_folder().join(target).join("builder"))
}

/// Builds the command `ccs` together with the tests, and returns its path. A separate build would use other features
/// and recompile its crates.
pub fn build_ccs() -> Result<PathBuf> {
    succeed(&mut cargo(["test", "--quiet", "--workspace", "--no-run", "--test", "documentation"]))?;
    Ok(target_folder().join("debug/ccs"))
}

/// Returns cargo's build folder.
#[must_use]
pub fn target_folder() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Returns whether this is a CI run, in which checks must not be skipped because of a missing tool.
#[must_use]
pub fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// Formats a command for a message.
#[must_use]
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_called_as_a_person_calls_it() {
        // Cargo sets it for each test.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let command = cargo(["metadata"]);
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).collect();
        assert!(removed.contains(&(OsStr::new("CARGO_PKG_NAME"), None)), "{removed:?}");
        assert!(removed.contains(&(OsStr::new("CARGO_MANIFEST_DIR"), None)), "{removed:?}");
        assert!(!is_of_this_package(OsStr::new("CARGO_PROFILE_DEV_DEBUG")));
    }
}
