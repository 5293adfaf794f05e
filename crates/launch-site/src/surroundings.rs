//! The environment and launch.yaml, which determine a launch together with the package.

use std::env;
use std::path::{Path, PathBuf};

use ccs_builder::input::{self, ReadError};
use ccs_launch::settings::{self, Settings};
use ccs_launch::{ExitCode, Failure};

/// The environment and launch.yaml.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The operator's settings, or why they cannot be read.
    pub settings: Result<Settings, Failure>,
    /// The folder of temporary files.
    pub temporary: PathBuf,
    /// `CORE_PEER_ID`, if the peer propagates it.
    pub peer_id: Option<String>,
}

impl Surroundings {
    /// Reads the process's environment and launch.yaml.
    #[must_use]
    pub fn of_this_process() -> Self {
        Self {
            settings: settings(),
            temporary: env::temp_dir(),
            peer_id: env::var("CORE_PEER_ID").ok().filter(|id| !id.is_empty()),
        }
    }
}

/// Reads launch.yaml: at the path in the variable, or else next to the folder of the program.
fn settings() -> Result<Settings, Failure> {
    // A file that the operator names must exist.
    if let Some(path) = named() {
        return read(&path);
    }
    let Some(path) = beside_bin() else { return Ok(Settings::default()) };
    match input::read(&path, settings::MAX_SIZE) {
        Err(ReadError::Missing) => Ok(Settings::default()),
        content => parse(&path, content),
    }
}

/// Returns the path of launch.yaml in the variable.
#[must_use]
pub fn named() -> Option<PathBuf> {
    env::var_os(settings::VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Reads a launch.yaml, which must exist.
pub fn read(path: &Path) -> Result<Settings, Failure> {
    parse(path, input::read(path, settings::MAX_SIZE))
}

fn parse(path: &Path, content: Result<Vec<u8>, ReadError>) -> Result<Settings, Failure> {
    let content = content.map_err(|error| {
        Failure::new(ExitCode::Settings, format!("cannot read {}: {error}", path.display()))
    })?;
    Settings::parse(&content)
}

/// Returns the path of launch.yaml in the folder above the program's.
fn beside_bin() -> Option<PathBuf> {
    let called = env::args_os().next().map(PathBuf::from)?;
    // The program was found on the PATH, which a peer never does; the kernel knows its path.
    let program = if called.components().count() > 1 { called } else { env::current_exe().ok()? };
    let absolute = std::path::absolute(program).ok()?;
    absolute.parent().and_then(Path::parent).map(|folder| folder.join(settings::FILE))
}
