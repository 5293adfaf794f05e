//! The input of a platform from the stages.

use std::path::Path;

use ccs_builder::Error;
use ccs_builder::meta_inf::Tree;
use ccs_builder::report::chain;
use ccs_files::PackageMetadata;
use ccs_launch::settings::Settings;
use ccs_launch::{Chaincode, ExitCode, Failure};
use ccs_launch_site::Surroundings;

use crate::log::Log;

/// The input of a build.
pub(crate) struct Package<'a> {
    /// The package's source.
    pub(crate) source: &'a Path,
    /// BLD.
    pub(crate) out: &'a Path,
    /// The content of metadata.json.
    pub(crate) metadata_content: Vec<u8>,
    /// The files of META-INF.
    pub(crate) meta_inf: Tree,
}

/// The input of a launch.
pub(crate) struct Launch<'a> {
    /// BLD.
    pub(crate) build: &'a Path,
    /// RUNMETA.
    pub(crate) run_metadata: &'a Path,
    /// The content of chaincode.json.
    pub(crate) chaincode: Chaincode,
    /// The content of metadata.json.
    pub(crate) metadata: PackageMetadata,
    /// The operator's settings.
    pub(crate) settings: &'a Settings,
    /// The environment.
    pub(crate) surroundings: &'a Surroundings,
    /// The receiver of messages.
    pub(crate) log: &'a Log,
}

/// Returns an error of the builder as a failure; the codes are the same.
pub(crate) fn of_builder(error: &Error) -> Failure {
    let number = error.code().number();
    let code = ExitCode::ALL.into_iter().find(|code| code.number() == number);
    Failure::new(code.unwrap_or(ExitCode::InputOutput), chain(error)).with_hint_if_any(error.hint())
}
