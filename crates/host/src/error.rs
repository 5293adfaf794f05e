//! Why a package was not built, in the words of a peer.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ccs_files::PackageId;
use ccs_files::build_info::BuildInfoError;

use crate::copy::CopyError;
use crate::step::StepFailure;

/// A package was not built.
///
/// After the words `failed to invoke backing implementation of 'InstallChaincode': could not build chaincode: ` the text
/// is what a peer answers to `peer lifecycle chaincode install` (Fabric 3.1).
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// No builder wants the package, and there is no Docker here.
    #[error("docker build failed: docker build is disabled")]
    NoBuilder,
    /// The source folder could not be filled.
    #[error("external builder failed: could not create build context: could not untar source package: {0}")]
    Unpack(String),
    /// The scratch folder could not be made.
    #[error("external builder failed: could not create build context: could not create {}: {error}", path.display())]
    Scratch {
        /// The folder or file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// `detect` would keep a peer waiting; any other failure only means that the builder does not want the package.
    #[error("external builder failed: external builder '{builder}' detect: {failure}")]
    Detect {
        /// The builder.
        builder: String,
        /// How.
        failure: StepFailure,
    },
    /// `build` failed.
    #[error(
        "external builder failed: external builder failed to build: external builder '{builder}' failed: {failure}"
    )]
    Build {
        /// The builder.
        builder: String,
        /// How.
        failure: StepFailure,
    },
    /// `release` failed.
    #[error(
        "external builder failed: external builder failed to release: builder '{builder}' release failed: {failure}"
    )]
    Release {
        /// The builder.
        builder: String,
        /// How.
        failure: StepFailure,
    },
    /// The build could not be kept.
    #[error("external builder failed: could not create dir '{}' to persist build output: {error}", path.display())]
    Persist {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// An output could not be copied.
    #[error("external builder failed: could not persist build output: {0}")]
    Copy(CopyError),
    /// The place of an earlier build cannot be looked at.
    #[error("external builder failed: existing build could not be restored: could not stat '{}': {error}", path.display())]
    Existing {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// An earlier build has no readable `build-info.json`.
    #[error(
        "external builder failed: existing build could not be restored: could not read '{}' for build info: {error}",
        file.display()
    )]
    NoBuildInfo {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The `build-info.json` of an earlier build cannot be understood.
    #[error("external builder failed: existing build could not be restored: malformed build info at '{}': {error}", file.display())]
    MalformedBuildInfo {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: BuildInfoError,
    },
    /// The builder of an earlier build is not configured any more.
    #[error(
        "external builder failed: existing build could not be restored: chaincode '{id}' was already built with \
         builder '{builder}', but that builder is no longer available"
    )]
    BuilderGone {
        /// The package.
        id: PackageId,
        /// The builder.
        builder: String,
    },
    /// The whole took too long.
    #[error("the external builder did not finish within {within:?}")]
    InstallTimeout {
        /// The limit.
        within: Duration,
    },
}

impl BuildError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoBuilder => {
                "no builder's detect took the package: look at `type` in metadata.json and at externalBuilders"
            }
            Self::Detect { failure, .. } | Self::Build { failure, .. } | Self::Release { failure, .. } => {
                return failure.hint();
            }
            Self::NoBuildInfo { .. } | Self::MalformedBuildInfo { .. } => {
                "the build is incomplete: remove its folder and install again"
            }
            Self::BuilderGone { .. } => {
                "give the builder its old name back, or remove the build's folder and install again"
            }
            Self::Persist { error, .. } if error.kind() == io::ErrorKind::AlreadyExists => {
                "another process built the same package meanwhile"
            }
            Self::InstallTimeout { .. } => "a peer's limit is chaincode.installTimeout in core.yaml",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
