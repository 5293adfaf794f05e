//! Errors from building a package, with a peer's texts.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ccs_files::PackageId;
use ccs_files::build_info::BuildInfoError;

use crate::copy::CopyError;
use crate::step::StepFailure;

/// Error from building a package.
///
/// `failed to invoke backing implementation of 'InstallChaincode': could not build chaincode: ` followed by the text
/// is a peer's answer to `peer lifecycle chaincode install` (Fabric 3.1).
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No builder accepts the package, and there is no Docker here.
    #[error("docker build failed: docker build is disabled")]
    NoBuilder,
    /// The source folder could not be filled.
    #[error("external builder failed: could not create build context: could not untar source package: {0}")]
    Unpack(String),
    /// The scratch folder could not be created.
    #[error("external builder failed: could not create build context: could not create {}: {error}", path.display())]
    Scratch {
        /// Path of the folder or file.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// `detect` would block a peer. Any other failure of `detect` only means that the builder rejects the package.
    #[error("external builder failed: external builder '{builder}' detect: {failure}")]
    Detect {
        /// Name of the builder.
        builder: String,
        /// Failure of the program.
        failure: StepFailure,
    },
    /// `build` failed.
    #[error(
        "external builder failed: external builder failed to build: external builder '{builder}' failed: {failure}"
    )]
    Build {
        /// Name of the builder.
        builder: String,
        /// Failure of the program.
        failure: StepFailure,
    },
    /// `release` failed.
    #[error(
        "external builder failed: external builder failed to release: builder '{builder}' release failed: {failure}"
    )]
    Release {
        /// Name of the builder.
        builder: String,
        /// Failure of the program.
        failure: StepFailure,
    },
    /// The build could not be stored.
    #[error("external builder failed: could not create dir '{}' to persist build output: {error}", path.display())]
    Persist {
        /// Path of the folder.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// An output could not be copied.
    #[error("external builder failed: could not persist build output: {0}")]
    Copy(CopyError),
    /// The folder of an earlier build cannot be examined.
    #[error("external builder failed: existing build could not be restored: could not stat '{}': {error}", path.display())]
    Existing {
        /// Path of the folder.
        path: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// An earlier build has no readable `build-info.json`.
    #[error(
        "external builder failed: existing build could not be restored: could not read '{}' for build info: {error}",
        file.display()
    )]
    NoBuildInfo {
        /// Path of the file.
        file: PathBuf,
        /// Error of the system.
        error: io::Error,
    },
    /// The `build-info.json` of an earlier build is malformed.
    #[error("external builder failed: existing build could not be restored: malformed build info at '{}': {error}", file.display())]
    MalformedBuildInfo {
        /// Path of the file.
        file: PathBuf,
        /// Description of the error.
        error: BuildInfoError,
    },
    /// The builder of an earlier build is no longer configured.
    #[error(
        "external builder failed: existing build could not be restored: chaincode '{id}' was already built with \
         builder '{builder}', but that builder is no longer available"
    )]
    BuilderGone {
        /// ID of the package.
        id: PackageId,
        /// Name of the builder.
        builder: String,
    },
    /// The build took too long.
    #[error("the external builder did not finish within {within:?}")]
    InstallTimeout {
        /// Time limit.
        within: Duration,
    },
}

impl BuildError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoBuilder => {
                "no builder's detect accepted the package: check `type` in metadata.json and externalBuilders"
            }
            Self::Detect { failure, .. } | Self::Build { failure, .. } | Self::Release { failure, .. } => {
                return failure.hint();
            }
            Self::NoBuildInfo { .. } | Self::MalformedBuildInfo { .. } => {
                "the build is incomplete: remove its folder and install again"
            }
            Self::BuilderGone { .. } => {
                "restore the builder's old name, or remove the build's folder and install again"
            }
            Self::Persist { error, .. } if error.kind() == io::ErrorKind::AlreadyExists => {
                "another process built the same package at the same time"
            }
            Self::InstallTimeout { .. } => "a peer's limit is chaincode.installTimeout in core.yaml",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
