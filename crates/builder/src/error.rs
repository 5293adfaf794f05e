//! Errors of the builder's programs, with their exit codes and hints.

mod configuration;
mod read;
mod template;
mod tls;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use ccs_files::address::AddressError;
use ccs_files::connection::ConnectionError;
use ccs_files::duration::DurationError;
use ccs_files::index::{IndexError, PathError};
use ccs_files::metadata::MetadataError;

pub use self::configuration::ConfigurationError;
pub use self::read::ReadError;
pub use self::template::TemplateError;
pub use self::tls::TlsError;
use crate::ExitCode;
use crate::program::Program;
use crate::variables::CONFIGURATION_VARIABLE;

/// A failure of detect, build, release or install.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The executable was called under an unknown name and without a known argument.
    #[error("ccs-builder has no program {0:?}")]
    UnknownProgram(OsString),
    /// The number of arguments is wrong.
    #[error("{} takes {}, not {found}", program.name(), counted(program.arguments().len()))]
    ArgumentCount {
        /// The program that was called.
        program: Program,
        /// The number of arguments given.
        found: usize,
    },
    /// An argument is empty.
    #[error("the argument {name} of {} is empty", program.name())]
    EmptyArgument {
        /// The program that was called.
        program: Program,
        /// The argument's name.
        name: &'static str,
    },
    /// The interval of `--every` is not a valid duration.
    #[error("--every: {0}")]
    Interval(DurationError),
    /// The interval of `--every` is zero or negative.
    #[error("--every must be greater than zero, got {0}")]
    NoInterval(ccs_files::GoDuration),
    /// The launcher is to be installed, and is not there.
    #[error("cannot install the launcher: there is no file {}", path.display())]
    NoLauncher {
        /// Where it would be.
        path: PathBuf,
    },
    /// The output would overwrite the input.
    #[error("{} is both input and output", folder.display())]
    SameFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// metadata.json cannot be read.
    #[error("cannot read {}", path.display())]
    MetadataUnreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// metadata.json is invalid.
    #[error("{}: {error}", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// The fault.
        error: MetadataError,
    },
    /// `build` was called for a package that `detect` rejects.
    #[error("{}: the type is {found:?}, not ccaas or external", path.display())]
    ForeignType {
        /// The file.
        path: PathBuf,
        /// The type, truncated.
        found: String,
    },
    /// connection.json cannot be read.
    #[error("cannot read {}", path.display())]
    ConnectionUnreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// connection.json is invalid.
    #[error("{}: {error}", path.display())]
    Connection {
        /// The file.
        path: PathBuf,
        /// The fault.
        error: ConnectionError,
    },
    /// A rendered connection.json exceeds the limit for packaged ones.
    #[error(
        "connection.json: its rendered form has {size} bytes, more than {}",
        crate::limits::MAX_CONNECTION
    )]
    RenderedTooLarge {
        /// The size in bytes.
        size: u64,
    },
    /// `release` was not given the output of `build`.
    #[error("{} is not an output of build", path.display())]
    NotABuild {
        /// The file.
        path: PathBuf,
        /// The fault.
        source: BuildFault,
    },
    /// A template cannot be rendered.
    #[error("connection.json: the template in {field}: {error}")]
    Template {
        /// The field that holds the template.
        field: &'static str,
        /// The fault.
        error: TemplateError,
    },
    /// The address cannot be dialed.
    #[error("connection.json: {0}")]
    Address(AddressError),
    /// The dial timeout is not a duration.
    #[error("connection.json: dial_timeout: {0}")]
    DialTimeout(DurationError),
    /// The dial timeout is negative, so every connection would fail at once.
    #[error("connection.json: dial_timeout {0} is negative")]
    NegativeDialTimeout(ccs_files::GoDuration),
    /// Certificates or keys are missing or unusable.
    #[error("connection.json: {0}")]
    Tls(TlsError),
    /// A file is in a place where indexes are not allowed.
    #[error("META-INF/{path}: {error}")]
    IndexPath {
        /// The file, below META-INF.
        path: String,
        /// The fault of its path.
        error: PathError,
    },
    /// A file is not an index definition.
    #[error("META-INF/{path}: {error}")]
    Index {
        /// The file, below META-INF.
        path: String,
        /// The fault.
        error: IndexError,
    },
    /// An index cannot be read.
    #[error("cannot read {}", path.display())]
    IndexUnreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// META-INF is not a folder, or contains a symbolic link, a pipe or the like.
    #[error("{} is {found}, not {expected}", path.display())]
    Kind {
        /// The place.
        path: PathBuf,
        /// The kind of file found.
        found: &'static str,
        /// The kind of file expected.
        expected: &'static str,
    },
    /// The configuration for templates is invalid.
    #[error("{origin}: {error}")]
    Configuration {
        /// The variable or file.
        origin: String,
        /// The fault.
        error: ConfigurationError,
    },
    /// The system could not read a file or folder.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The system could not write a file or folder.
    #[error("cannot {action} {}", path.display())]
    Write {
        /// The action that failed.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The program `run` in the builder's folder cannot be started.
    #[error("cannot start {}, which launches packages of this type", path.display())]
    Launcher {
        /// The program.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The system cannot set up the wait for the signal that ends the process.
    #[error("cannot wait for SIGTERM")]
    Signals(#[source] io::Error),
    /// A newly installed program does not run.
    #[error("the installed program {} does not run: {reason}", path.display())]
    SelfTest {
        /// The program.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
}

/// The fault of an output of `build`.
#[derive(Debug, thiserror::Error)]
pub enum BuildFault {
    /// connection.json cannot be read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// connection.json is invalid.
    #[error(transparent)]
    Broken(#[from] ConnectionError),
}

fn counted(arguments: usize) -> String {
    if arguments == 1 { "1 argument".to_owned() } else { format!("{arguments} arguments") }
}

impl Error {
    /// Returns the exit code of the program.
    #[must_use]
    pub fn code(&self) -> ExitCode {
        match self {
            Self::UnknownProgram(_)
            | Self::ArgumentCount { .. }
            | Self::EmptyArgument { .. }
            | Self::Interval(_)
            | Self::NoInterval(_)
            | Self::SameFolder { .. } => ExitCode::Usage,
            Self::MetadataUnreadable { source, .. } => unless_system(source, ExitCode::Metadata),
            Self::Metadata { .. } | Self::ForeignType { .. } => ExitCode::Metadata,
            Self::ConnectionUnreadable { source, .. } => unless_system(source, ExitCode::Connection),
            Self::NotABuild { source: BuildFault::Unreadable(source), .. } => {
                unless_system(source, ExitCode::Connection)
            }
            Self::Connection { .. } | Self::RenderedTooLarge { .. } | Self::NotABuild { .. } => {
                ExitCode::Connection
            }
            Self::Template { .. } => ExitCode::Template,
            Self::Address(_) => ExitCode::Address,
            Self::DialTimeout(_) | Self::NegativeDialTimeout(_) => ExitCode::DialTimeout,
            Self::Tls(_) => ExitCode::Tls,
            Self::IndexUnreadable { source, .. } => unless_system(source, ExitCode::Index),
            Self::IndexPath { .. } | Self::Index { .. } | Self::Kind { .. } => ExitCode::Index,
            Self::Configuration { .. } => ExitCode::Configuration,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Launcher { .. }
            | Self::Signals(_)
            | Self::NoLauncher { .. }
            | Self::SelfTest { .. } => ExitCode::InputOutput,
        }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownProgram(_) => Some("see ccs-builder --help".to_owned()),
            Self::ArgumentCount { program, .. } | Self::EmptyArgument { program, .. } => {
                Some(format!("usage: {}", program.usage()))
            }
            Self::NoInterval(_) => Some("for example --every 60s".to_owned()),
            Self::NoLauncher { .. } => {
                let target = std::env::consts::ARCH;
                Some(format!(
                    "build both programs into one folder: cargo build --profile builder --target \
                     {target}-unknown-linux-musl --package ccs-builder --package ccs-launcher"
                ))
            }
            Self::SameFolder { .. } => Some("use a separate folder for the output".to_owned()),
            Self::MetadataUnreadable { source: ReadError::Missing, .. } => {
                Some("the second argument is the folder in which the peer puts metadata.json".to_owned())
            }
            Self::Metadata { error, .. } => error.hint(),
            Self::ForeignType { .. } => Some("leave the package to another builder".to_owned()),
            Self::ConnectionUnreadable { source: ReadError::Missing, .. } => {
                Some("put connection.json at the top of code.tar.gz, not in a folder".to_owned())
            }
            Self::Connection { error, .. } => error.hint(),
            Self::Template { error, .. } => error.hint(),
            Self::RenderedTooLarge { .. } => {
                Some("remove what the peer does not need, or render less text into it".to_owned())
            }
            Self::Address(error) => error.hint(),
            Self::Interval(error) | Self::DialTimeout(error) => error.hint(),
            Self::NegativeDialTimeout(_) => Some("omit it to use the peer's default of 3s".to_owned()),
            Self::Tls(error) => error.hint(),
            Self::IndexPath { error, .. } => error.hint(),
            Self::Index { error, .. } => error.hint(),
            Self::Kind { .. } => Some("a package may contain only folders and regular files".to_owned()),
            Self::Configuration { .. } => Some(format!(
                r#"{CONFIGURATION_VARIABLE} and config.json must each contain one JSON object, such as {{"peer":"peer0"}}"#
            )),
            Self::Write { source, .. } => write_hint(source),
            Self::SelfTest { .. } | Self::Launcher { .. } => Some(
                "the folder must not be mounted noexec, and the executable must fit the machine".to_owned(),
            ),
            Self::NotABuild { .. } => {
                Some("the first argument of release is the folder that build wrote".to_owned())
            }
            Self::MetadataUnreadable { .. }
            | Self::ConnectionUnreadable { .. }
            | Self::IndexUnreadable { .. }
            | Self::Read { .. }
            | Self::Signals(_) => None,
        }
    }
}

/// Returns the input/output code for an error of the system, and `code` for a fault of the file itself.
fn unless_system(error: &ReadError, code: ExitCode) -> ExitCode {
    if matches!(error, ReadError::System(_)) { ExitCode::InputOutput } else { code }
}

fn write_hint(error: &io::Error) -> Option<String> {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull => "free some space in the folder that the peer's TMPDIR names",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "the user of this process must be able to write there"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
