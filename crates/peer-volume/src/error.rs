//! Why a command on the volume of a peer fails, with exit codes and hints.

use std::io;
use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_builder::input::ReadError;
use ccs_files::PackageId;
use ccs_files::connection::ConnectionError;
use ccs_report::shell::quote;
use rustix::io::Errno;

/// A failure to read or change the volume of a peer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// A symbolic link or a file is where a peer has a folder.
    #[error("cannot read {}: it is a symbolic link or not a folder", .0.display())]
    NotFolder(PathBuf),
    /// A file with definitions cannot be read.
    #[error("cannot read {}", path.display())]
    ReadDefinitions {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// A folder has more entries than any peer writes.
    #[error("{} has more than {limit} entries", path.display())]
    TooManyEntries {
        /// The folder.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// A file or folder cannot be changed.
    #[error("cannot {action} {}", path.display())]
    Change {
        /// `write` or `delete`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Another command holds the lock of the builds.
    #[error("another command of ccs changes the builds in {}", .0.display())]
    Locked(PathBuf),
    /// No build has the name.
    #[error("{} has no build of {name}", builds.display())]
    NoBuild {
        /// The package ID or label.
        name: String,
        /// The folder of the builds.
        builds: PathBuf,
        /// Package IDs of builds that are there, at most a few.
        known: Vec<PackageId>,
    },
    /// The folder with the name of a build cannot be used.
    #[error("{} cannot be used: {reason}", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Several builds have the label.
    #[error("{} packages have the label {label}", ids.len())]
    SeveralBuilds {
        /// The label.
        label: String,
        /// Their IDs.
        ids: Vec<PackageId>,
    },
    /// The build is incomplete.
    #[error("the build of {id} is incomplete: {reason}")]
    Incomplete {
        /// The package.
        id: PackageId,
        /// What is missing.
        reason: String,
    },
    /// Another builder has made the build.
    #[error("the build of {id} is by the builder {builder:?}, whose connection.json has rules of its own")]
    OtherBuilder {
        /// The package.
        id: PackageId,
        /// The name in build-info.json.
        builder: String,
    },
    /// The launcher writes the connection.json of the build.
    #[error("ccs launch maintains the server of {id} and writes its connection.json")]
    Launched {
        /// The package.
        id: PackageId,
        /// The folder of the builds.
        builds: PathBuf,
    },
    /// The peer does not dial the chaincode.
    #[error("the build of {id} has no {}: the chaincode dials the peer", path.display())]
    NoConnection {
        /// The package.
        id: PackageId,
        /// The file that is missing.
        path: PathBuf,
    },
    /// A connection.json is not valid.
    #[error("{}: {error}", path.display())]
    Connection {
        /// The file.
        path: PathBuf,
        /// The fault.
        error: ConnectionError,
        /// Whether it is that of the build.
        is_current: bool,
    },
    /// A field contains a template, which only `build` renders.
    #[error("connection.json: {field} contains a template, and only an install renders templates")]
    Template {
        /// The field.
        field: &'static str,
    },
    /// A peer uses the volume.
    #[error("a peer uses {}", .0.display())]
    PeerRuns(PathBuf),
    /// The volume has no ledgers, whose lock tells whether a peer runs.
    #[error("{} has no ledgersData/fileLock/LOCK, so it is unknown whether a peer uses it", .0.display())]
    NoLedgers(PathBuf),
    /// The volume has builds and no folder of packages.
    #[error("{} has builds but no lifecycle/chaincodes, so it is unknown which packages are installed", .0.display())]
    NoPackages(PathBuf),
    /// A package to keep is not installed.
    #[error("{id} is not installed in {}", volume.display())]
    NotInstalled {
        /// The package.
        id: PackageId,
        /// The folder.
        volume: PathBuf,
    },
    /// A file does not contain definitions.
    #[error("{}: {reason}", path.display())]
    Definitions {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A folder does not contain certificates.
    #[error("{} contains neither ca.crt nor tls.crt with tls.key", .0.display())]
    NoSecret(PathBuf),
    /// A folder contains a certificate without its key, or a key without its certificate.
    #[error("{} contains {found} without {missing}", folder.display())]
    HalfSecret {
        /// The folder.
        folder: PathBuf,
        /// The file that is there.
        found: &'static str,
        /// The file that is missing.
        missing: &'static str,
    },
    /// A file is not text.
    #[error("{} is not text", .0.display())]
    NotText(PathBuf),
    /// The system cannot report changes of a folder.
    #[error("cannot watch {}", path.display())]
    Watch {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: notify::Error,
    },
    /// The builder would reject the connection.
    #[error(transparent)]
    Builder(#[from] ccs_builder::Error),
}

impl Error {
    /// Returns the error for a file or folder that the system could not read.
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        let source = match Errno::from_io_error(&source) {
            Some(Errno::NOENT) => ReadError::Missing,
            Some(Errno::LOOP) => ReadError::Limit("it is a symbolic link".to_owned()),
            Some(Errno::NOTDIR) => ReadError::Limit("it is not a folder".to_owned()),
            _ => ReadError::System(source),
        };
        Self::Read { path: path.to_owned(), source }
    }

    /// Returns the error for a file or folder that the system could not change.
    pub(crate) fn change(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Change { action, path: path.to_owned(), source }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read { source: ReadError::System(error), .. } => return denied(error),
            Self::Read { .. } | Self::TooManyEntries { .. } => {
                "peer.fileSystemPath of core.yaml names the folder of the peer; the builds are in externalbuilder/builds below it"
            }
            Self::NotFolder(_) => {
                "name the real place of the peer's folder: ccs follows no symbolic link inside it"
            }
            Self::Change { source, .. } => return denied(source),
            Self::Locked(_) => {
                "run the command again when the other one has ended; ccs launch reconcile --every is idle between its rounds"
            }
            Self::NoBuild { known, .. } if known.is_empty() => {
                "only packages that an external builder of the peer has built have one"
            }
            Self::NoBuild { known, .. } => return Some(format!("there are builds of {}", listed(known))),
            Self::Unusable { .. } => {
                "run as the user of the peer, or move the folder away: the peer builds the package again when it starts"
            }
            Self::SeveralBuilds { ids, .. } => return Some(format!("name one of {}", listed(ids))),
            Self::Incomplete { .. } => {
                "a peer builds the package again after ccs prune --yes has deleted the build"
            }
            Self::OtherBuilder { builder, .. } => {
                return Some(format!(
                    "if the programs of this project are installed under that name, add --builder-name {}",
                    quote(builder)
                ));
            }
            Self::Launched { .. } => "change launch.yaml or the package instead; reconcile applies it",
            Self::NoConnection { .. } => "change the address of the peer's chaincode listener in core.yaml",
            Self::Connection { is_current: true, .. } => "pass the whole file with --connection FILE",
            Self::Connection { error, .. } => return error.hint(),
            Self::PeerRuns(_) => {
                "stop the peer, or the command peer node, before you delete builds and packages"
            }
            Self::NoLedgers(_) | Self::NoPackages(_) => "name the folder in peer.fileSystemPath of core.yaml",
            Self::NotInstalled { .. } => "peer lifecycle chaincode queryinstalled prints the package IDs",
            Self::Definitions { .. } | Self::ReadDefinitions { .. } => {
                "peer lifecycle chaincode queryinstalled --output json > FILE writes it; queryapproved can add to it"
            }
            Self::NoSecret(_) | Self::HalfSecret { .. } => {
                "name the folder at which the Secret is mounted; its keys are those of cert-manager"
            }
            Self::NotText(_) => "PEM files begin with -----BEGIN",
            Self::Watch { .. } => "fs.inotify.max_user_watches or max_user_instances may be too low",
            Self::Template { .. } => "write the values of this peer; ccs render shows those of a package",
            Self::Builder(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }

    /// Returns the next command.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        match self {
            Self::Launched { id, builds } => {
                let builds = quote(&builds.to_string_lossy());
                Some(format!("ccs launch reconcile --settings launch.yaml --builds {builds} --package {id}"))
            }
            _ => None,
        }
    }

    /// Returns the exit code of the builder's table; [`None`] if the table has none for it.
    #[must_use]
    pub fn code(&self) -> Option<ExitCode> {
        match self {
            Self::Read { .. }
            | Self::NotFolder(_)
            | Self::ReadDefinitions { .. }
            | Self::Unusable { .. }
            | Self::TooManyEntries { .. }
            | Self::Change { .. }
            | Self::Locked(_) => Some(ExitCode::InputOutput),
            Self::NoBuild { .. }
            | Self::SeveralBuilds { .. }
            | Self::NoLedgers(_)
            | Self::NoPackages(_)
            | Self::NotInstalled { .. }
            | Self::Definitions { .. } => Some(ExitCode::Usage),
            Self::Connection { .. } => Some(ExitCode::Connection),
            Self::Template { .. } => Some(ExitCode::Template),
            Self::Builder(error) => Some(error.code()),
            Self::NoSecret(_) | Self::HalfSecret { .. } | Self::NotText(_) => Some(ExitCode::Tls),
            Self::PeerRuns(_)
            | Self::Watch { .. }
            | Self::Incomplete { .. }
            | Self::OtherBuilder { .. }
            | Self::Launched { .. }
            | Self::NoConnection { .. } => None,
        }
    }
}

fn listed(ids: &[PackageId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn denied(error: &io::Error) -> Option<String> {
    let is_denied =
        matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
    is_denied.then(|| {
        "run as the user of the peer, or as root, with the volume of the peer mounted for writing".to_owned()
    })
}
