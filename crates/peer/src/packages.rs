//! What `_lifecycle` asks of whoever keeps and builds packages: [`PackageStore`].

use std::fmt;

/// A package that is installed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Installed {
    /// Its ID, the label and the hash of the file.
    pub package_id: String,
    /// Its label.
    pub label: String,
}

/// A package cannot be installed, or given back. The texts are those that a peer adds to `failed to invoke backing
/// implementation of 'F': ` (Fabric 3.1 `core/chaincode/lifecycle/externalfunctions.go`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstallError {
    /// It is no package.
    #[error("could not parse as a chaincode install package: {0}")]
    Parse(String),
    /// The file cannot be kept.
    #[error("could not save cc install package: {0}")]
    Save(String),
    /// It is installed already.
    #[error("chaincode already successfully installed (package ID '{0}')")]
    Already(String),
    /// No builder takes it, or the builder fails.
    #[error("could not build chaincode: {0}")]
    Build(String),
    /// There is no such package.
    #[error("could not load cc install package: chaincode install package '{0}' not found")]
    Absent(String),
    /// The file cannot be read.
    #[error("could not load cc install package: {0}")]
    Load(String),
}

/// Keeps packages and builds them.
///
/// What it installs, it also makes known to the peer that runs chaincode, under the package ID.
#[tonic::async_trait]
pub trait PackageStore: fmt::Debug + Send + Sync + 'static {
    /// Installs the bytes of a package file. It goes on when nobody waits for it any more.
    async fn install(&self, package: Vec<u8>) -> Result<Installed, InstallError>;

    /// Returns what is installed, in the order of the IDs.
    fn installed(&self) -> Vec<Installed>;

    /// Returns the bytes of a package file as they came.
    fn load(&self, package_id: &str) -> Result<Vec<u8>, InstallError>;
}

/// Installs nothing: for a peer that has no builder.
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
