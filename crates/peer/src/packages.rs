//! The interface through which `_lifecycle` stores and builds packages: [`PackageStore`].

use std::fmt;

/// Installed package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Installed {
    /// Package ID: the label and the hash of the file.
    pub package_id: String,
    /// Label of the package.
    pub label: String,
}

/// Reason why a package cannot be installed or returned. A peer appends these texts to `failed to invoke backing
/// implementation of 'F': ` (Fabric 3.1 `core/chaincode/lifecycle/externalfunctions.go`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstallError {
    /// The bytes are not a package.
    #[error("could not parse as a chaincode install package: {0}")]
    Parse(String),
    /// The file cannot be saved.
    #[error("could not save cc install package: {0}")]
    Save(String),
    /// The package is already installed.
    #[error("chaincode already successfully installed (package ID '{0}')")]
    Already(String),
    /// No builder accepts the package, or the builder fails.
    #[error("could not build chaincode: {0}")]
    Build(String),
    /// No package with this ID is installed.
    #[error("could not load cc install package: chaincode install package '{0}' not found")]
    Absent(String),
    /// The file cannot be read.
    #[error("could not load cc install package: {0}")]
    Load(String),
}

/// Stores packages and builds them.
///
/// Installing a package also registers it, under its package ID, with the peer that runs chaincode.
#[tonic::async_trait]
pub trait PackageStore: fmt::Debug + Send + Sync + 'static {
    /// Installs the bytes of a package file. Continues even if the returned future is dropped.
    async fn install(&self, package: Vec<u8>) -> Result<Installed, InstallError>;

    /// Returns the installed packages, sorted by ID.
    fn installed(&self) -> Vec<Installed>;

    /// Returns the unchanged bytes of a package file.
    fn load(&self, package_id: &str) -> Result<Vec<u8>, InstallError>;
}

/// Store that installs nothing, for a peer without a builder.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPackages;

#[tonic::async_trait]
impl PackageStore for NoPackages {
    async fn install(&self, _: Vec<u8>) -> Result<Installed, InstallError> {
        Err(InstallError::Build("this peer has no builder".to_owned()))
    }

    fn installed(&self) -> Vec<Installed> {
        Vec::new()
    }

    fn load(&self, package_id: &str) -> Result<Vec<u8>, InstallError> {
        Err(InstallError::Absent(package_id.to_owned()))
    }
}
