//! The program `run` beside this one: packages of types that this builder does not know are handed to it, and those that
//! hold the name of an image.
//!
//! `ccs-launcher` is installed under that name, and the peer calls it to launch chaincode. `detect` and `build` become it
//! for such packages: the same process, with the peer's pipe for stderr and its signals. Without `run`, nothing changes.
//! A package with an image that launch.yaml does not start is built by the launcher as by this builder, whose library it uses.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::program::Program;

/// The name under which a peer calls it.
pub const NAME: &str = "run";

/// The name of the program that is installed under [`NAME`].
pub const PROGRAM: &str = "ccs-launcher";

/// The file by which chaincode as a service asks to be started.
const IMAGE: &str = "image.json";

/// Returns whether a package's source holds the name of an image.
#[must_use]
pub fn is_asked_for(source: &Path) -> bool {
    source.join(IMAGE).is_file()
}

/// Returns the program `run` beside the one that was started; [`None`] if there is none that can be executed.
#[must_use]
pub fn beside_this_program() -> Option<PathBuf> {
    let called = PathBuf::from(env::args_os().next()?);
    // A name without a folder was found through PATH, which a peer never does; then the kernel knows where it is.
    let program = if called.components().count() > 1 { called } else { env::current_exe().ok()? };
    program.parent().and_then(in_folder)
}

fn in_folder(folder: &Path) -> Option<PathBuf> {
    let run = folder.join(NAME);
    let found = run.metadata().ok()?;
    (found.is_file() && found.permissions().mode() & 0o111 != 0).then_some(run)
}

/// Becomes the launcher for a stage that a peer has called; comes back only when that fails.
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
