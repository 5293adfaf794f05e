//! Calls the program `run` in the builder's folder for packages whose type this builder does not know, and
//! for those that contain the name of an image.
//!
//! `run` is an installed `ccs-launcher`, which the peer also calls to launch chaincode. For such packages,
//! `detect` and `build` replace themselves with it: the process keeps its ID, its stderr and its signals.
//! Without `run`, the builder behaves as if there were no launcher. If launch.yaml does not start an image,
//! the launcher builds the package like this builder, with the same library.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::program::Program;

/// The name under which a peer calls the launcher.
pub const NAME: &str = "run";

/// The name of the program that is installed under [`NAME`].
pub const PROGRAM: &str = "ccs-launcher";

/// The file in which a package of chaincode as a service requests a container.
const IMAGE: &str = "image.json";

/// Returns whether a package's source contains the name of an image.
#[must_use]
pub fn is_asked_for(source: &Path) -> bool {
    source.join(IMAGE).is_file()
}

/// Returns the executable `run` in the folder of the running program, or [`None`] if there is none.
#[must_use]
pub fn beside_this_program() -> Option<PathBuf> {
    let called = PathBuf::from(env::args_os().next()?);
    // A name without a folder was found through PATH, which a peer never uses; the kernel then knows the
    // location.
    let program = if called.components().count() > 1 { called } else { env::current_exe().ok()? };
    program.parent().and_then(in_folder)
}

fn in_folder(folder: &Path) -> Option<PathBuf> {
    let run = folder.join(NAME);
    let found = run.metadata().ok()?;
    (found.is_file() && found.permissions().mode() & 0o111 != 0).then_some(run)
}

/// Replaces the process with the launcher for a stage; returns only if that fails.
#[must_use]
pub fn become_launcher(run: PathBuf, program: Program, arguments: &[OsString]) -> Error {
    let source = Command::new(&run).arg(format!("--{}", program.name())).args(arguments).exec();
    Error::Launcher { path: run, source }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_a_file_that_can_be_executed_is_the_launcher() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        assert_eq!(in_folder(folder.path()), None);
        fs::write(&run, "").unwrap();
        fs::set_permissions(&run, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(in_folder(folder.path()), None);
        fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(in_folder(folder.path()), Some(run));
    }
}
