//! The programs of the builder: this executable under the names that a peer calls, or a builder that installs itself.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ccs_builder::launcher::{NAME, PROGRAM};
use ccs_builder::program::Program;

use crate::deployment::DeploymentError;

/// Where the programs of the builder come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Programs {
    /// This executable. It takes the role of the name by which it is called: detect, build, release or run.
    Links(PathBuf),
    /// The executable of a builder, which installs itself.
    Installed {
        /// Path of the builder's executable.
        builder: PathBuf,
        /// Path of the executable that is linked as `run` if there is no launcher next to the builder.
        this: PathBuf,
    },
}

impl Programs {
    /// Returns the programs of a builder, or of this executable if no builder is named.
    pub fn new(builder: Option<&Path>) -> Result<Self, DeploymentError> {
        let this = std::env::current_exe().map_err(DeploymentError::ThisProgram)?;
        Ok(match builder {
            Some(builder) => Self::Installed { builder: builder.to_owned(), this },
            None => Self::Links(this),
        })
    }

    /// Makes detect, build and release available in the folder `bin` of a builder.
    pub fn install(&self, folder: &Path) -> Result<(), DeploymentError> {
        let bin = folder.join("bin");
        match self {
            Self::Links(this) => {
                fs::create_dir_all(&bin).map_err(DeploymentError::system("create", &bin))?;
                Program::STAGES.into_iter().try_for_each(|stage| link(this, &bin.join(stage.name())))
            }
            Self::Installed { builder, .. } => install(builder, &bin),
        }
    }

    /// Makes the launcher available as `run`, unless the builder has installed its own.
    pub(crate) fn install_launcher(&self, folder: &Path) -> Result<(), DeploymentError> {
        let run = folder.join("bin").join(NAME);
        match self {
            _ if run.exists() => Ok(()),
            Self::Links(this) => link(this, &run),
            Self::Installed { builder, this } => {
                let launcher = builder.with_file_name(PROGRAM);
                if !launcher.is_file() {
                    return link(this, &run);
                }
                fs::copy(&launcher, &run).map(drop).map_err(DeploymentError::system("copy", &launcher))
            }
        }
    }
}

fn link(this: &Path, path: &Path) -> Result<(), DeploymentError> {
    symlink(this, path).map_err(DeploymentError::system("create the link", path))
}

/// Runs the builder's own installation, as an operator would.
fn install(builder: &Path, bin: &Path) -> Result<(), DeploymentError> {
    let output = Command::new(builder)
        .arg("install")
        .arg(bin)
        .stdin(Stdio::null())
        .output()
        .map_err(|source: io::Error| DeploymentError::Run { builder: builder.to_owned(), source })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(DeploymentError::Install(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_linked_under_each_name_and_a_launcher_next_to_a_builder_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let links = Programs::Links(path("ccs"));
        links.install(&path("own")).unwrap();
        links.install_launcher(&path("own")).unwrap();
        for name in ["detect", "build", "release", "run"] {
            assert_eq!(fs::read_link(path("own/bin").join(name)).unwrap(), path("ccs"), "{name}");
        }
        let installed = Programs::Installed { builder: path("ccs-builder"), this: path("ccs") };
        fs::create_dir_all(path("first/bin")).unwrap();
        installed.install_launcher(&path("first")).unwrap();
        assert_eq!(fs::read_link(path("first/bin/run")).unwrap(), path("ccs"));
        fs::write(path("ccs-launcher"), "launcher").unwrap();
        fs::create_dir_all(path("second/bin")).unwrap();
        installed.install_launcher(&path("second")).unwrap();
        assert_eq!(fs::read_to_string(path("second/bin/run")).unwrap(), "launcher");
    }
}
