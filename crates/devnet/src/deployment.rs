//! Builds a package into a released connection.json, with the builder's programs and by the rules of a peer.
//! Also finds a listen address for chaincode on this machine.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use ccs_files::PackageId;
use ccs_host::{BuildError, BuildEvent, BuildHost, Environment, ExternalBuilder, PackageSource};
use ccs_package::disk::{self, DiskError};

/// Name of the builder, in the peer's settings and log.
const BUILDER: &str = "ccs-builder";

/// Error from building a package or from installing the builder.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// The system does not say where the executable of this process is.
    #[error("cannot find the executable of this process")]
    ThisProgram(#[source] io::Error),
    /// A file or folder of the builder cannot be written.
    #[error("cannot {action} {}", path.display())]
    System {
        /// What was attempted.
        action: &'static str,
        /// Path of the file or folder.
        path: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The builder's executable cannot be run.
    #[error("cannot run {}", builder.display())]
    Run {
        /// Path of the executable.
        builder: PathBuf,
        /// Error of the system.
        source: io::Error,
    },
    /// The builder cannot install itself. Contains its error message.
    #[error("{0}")]
    Install(String),
    /// The package cannot be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The builder rejects the package.
    #[error(transparent)]
    Host(#[from] BuildError),
}

impl DeploymentError {
    pub(crate) fn system(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { action, path, source }
    }

    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Disk(error) => error.hint(),
            Self::Host(error) => error.hint(),
            Self::Run { .. } | Self::Install(_) => {
                Some("pass another ccs-builder with --builder, or leave the option out".to_owned())
            }
            Self::System { .. } => Some(
                "the folder for temporary files (TMPDIR) must be writable, have space, and allow programs"
                    .to_owned(),
            ),
            Self::ThisProgram(_) => Some("pass a ccs-builder with --builder".to_owned()),
        }
    }
}

/// Output of a builder for a package.
#[derive(Debug)]
pub struct Released {
    /// Output folder of `release`.
    pub folder: PathBuf,
    /// Output folder of `build`.
    pub build: PathBuf,
    /// Released connection.json; without it, a peer launches the chaincode with `run`.
    pub connection: Option<PathBuf>,
}

/// Variables of the peer's environment that the builder's programs receive: those for templates, and those that the
/// launcher's platforms need.
const PROPAGATED: [&str; 5] = [
    "CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG",
    "CORE_PEER_ID",
    "CORE_PEER_LOCALMSPID",
    "KUBECONFIG_PATH",
    "XDG_RUNTIME_DIR",
];

/// Prefixes of further variables that the launcher reads.
const PREFIXES: [&str; 4] = ["CORE_VM_", "DOCKER_", "FABRIC_K8S_BUILDER_", "KUBERNETES_SERVICE_"];

/// Returns a builder that receives the variables of a peer.
#[must_use]
pub fn builder(path: &Path, environment: &Environment) -> ExternalBuilder {
    let named = PROPAGATED.iter().chain(&ccs_launch::source::INHERITED).map(|&name| name.to_owned());
    let begins = |name: &&str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let others = environment.keys().filter_map(|name| name.to_str()).filter(begins).map(str::to_owned);
    ExternalBuilder {
        name: BUILDER.to_owned(),
        path: path.to_owned(),
        propagate_environment: named.chain(others).collect(),
    }
}

/// Runs the builder's programs on the package, as child processes, and returns their output.
///
/// `file_system` corresponds to a peer's `peer.fileSystemPath`.
pub async fn build(
    (id, file): (&PackageId, &Path),
    (builder, environment): (&ExternalBuilder, &Environment),
    file_system: &Path,
    observer: &mut (dyn FnMut(BuildEvent<'_>) + Send),
) -> Result<Released, DeploymentError> {
    let metadata = disk::load(file, &ccs_package::Limits::default())?.metadata_bytes().to_vec();
    let unpack = |target: &Path| {
        let package = fs::File::open(file)?;
        disk::unpack_code(package, target, &ccs_package::Limits::default())?;
        Ok(())
    };
    let host = BuildHost::new(vec![builder.clone()], file_system).with_environment(environment.clone());
    let built =
        host.build(PackageSource { id, metadata: &metadata, unpack: Box::new(unpack) }, observer).await?;
    Ok(Released {
        folder: built.release_folder(),
        build: built.build_folder(),
        connection: built.connection_file(),
    })
}

/// Returns a currently free loopback address, because shims do not accept an open listener. If another program takes
/// the address before the chaincode does, the chaincode reports that.
pub fn free_address() -> io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
