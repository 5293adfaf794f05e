//! Errors of a CA, a certificate or their folder.

use std::path::{Path, PathBuf};

use ccs_builder::ExitCode;
use ccs_builder::configuration::ConfigurationError;
use ccs_builder::render::TemplateError;
use ccs_certificates::{BundleError, KeyPairError};
use ccs_files::address::AddressError;
use ccs_report::shell::quote;

use crate::party::{BUNDLE, Role};

/// The reason why an operation on a CA, a certificate or their folder failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error(transparent)]
    Disk(#[from] ccs_disk::Error),
    /// A new folder cannot be written.
    #[error(transparent)]
    NewFolder(ccs_disk::Error),
    /// The folder does not contain a CA.
    #[error("{} contains no {BUNDLE}", .0.display())]
    NoFolder(PathBuf),
    /// A certificate cannot be created.
    #[error("cannot make the certificate")]
    Make(#[source] rcgen::Error),
    /// The CA's certificate and key do not match or cannot be read.
    #[error("the CA cannot be used")]
    Authority(#[source] KeyPairError),
    /// The CA's certificate or key cannot be loaded for issuing.
    #[error("the CA cannot be used")]
    AuthorityKey(#[source] rcgen::Error),
    /// The CA has expired.
    #[error("the CA has expired")]
    AuthorityExpired,
    /// A file holds no readable certificates.
    #[error("{}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// The fault.
        source: BundleError,
    },
    /// A file contains no certificate.
    #[error("{} holds no certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The folder contains no server or client with this name.
    #[error("{} holds no {} {name:?}", folder.display(), role.word())]
    NoParty {
        /// The folder.
        folder: PathBuf,
        /// The kind.
        role: Role,
        /// The name.
        name: String,
    },
    /// The folder contains several servers or clients, and no name was given.
    #[error("{} holds {} {}s: {}", folder.display(), names.len(), role.word(), names.join(", "))]
    SeveralParties {
        /// The folder.
        folder: PathBuf,
        /// The kind.
        role: Role,
        /// Their names.
        names: Vec<String>,
    },
    /// A server's certificate has no host.
    #[error("the server {0:?} has no host")]
    NoHost(String),
    /// A text is not a host name.
    #[error("{0:?} is not a host name")]
    Host(String),
    /// The file of a configuration cannot be read.
    #[error("cannot read the configuration {given}")]
    ConfigurationFile {
        /// The name of the file.
        given: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The builder rejects a configuration.
    #[error("--config")]
    Configuration(#[source] ConfigurationError),
    /// The template of the address cannot be rendered.
    #[error("--address: {0}")]
    Template(TemplateError),
    /// The rendered text of the template is not an address.
    #[error("{template:?} renders to {rendered:?}")]
    Address {
        /// The template.
        template: String,
        /// The rendered text.
        rendered: String,
        /// The reason.
        source: AddressError,
    },
    /// The address has no host that a certificate can contain.
    #[error("the address {0:?} has no host for a certificate")]
    HostlessAddress(String),
    /// Another error of the builder.
    #[error(transparent)]
    Builder(ccs_builder::Error),
    /// A rotation of the CA is already in progress.
    #[error("{} already has a rotation in progress", .0.display())]
    Rotating(PathBuf),
    /// No rotation of the CA is in progress.
    #[error("{} has no rotation in progress", .0.display())]
    NotRotating(PathBuf),
    /// A certificate was issued by the old CA and would become untrusted.
    #[error("{} was issued by the old CA", certificate.display())]
    OldIssuer {
        /// The certificate.
        certificate: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
}

impl Error {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NewFolder(ccs_disk::Error::Exists { path }) => exists_hint(path),
            Self::Disk(error) | Self::NewFolder(error) => return error.hint(),
            // `ccs tls init` takes only a new or an empty folder.
            Self::NoFolder(path) if holds_files(path) => {
                "it is not a folder of ccs tls; name the one that `ccs tls init` made, or create one under a new name"
                    .to_owned()
            }
            Self::NoFolder(path) => format!("create it with: ccs tls init {}", quote(&path.to_string_lossy())),
            Self::Make(_) | Self::Authority(_) | Self::AuthorityKey(_) | Self::NoCertificate(_) => {
                return None;
            }
            Self::AuthorityExpired => "ccs tls rotate creates a new one".to_owned(),
            Self::Certificates { .. } => "a PEM file has \"-----BEGIN CERTIFICATE-----\" in it".to_owned(),
            Self::NoParty { folder, role, name } => {
                format!("ccs tls issue {} --{} {name} makes one", folder.display(), role.word())
            }
            Self::SeveralParties { role, .. } => format!("select one with --{} NAME", role.word()),
            Self::NoHost(_) => "pass --host for each name by which peers dial it, or --address".to_owned(),
            Self::Host(_) => {
                "write a name such as basic.example.com or *.example.com, or an IP address, without a port"
                    .to_owned()
            }
            Self::ConfigurationFile { .. } => {
                "--config takes a JSON object, or the name of a file that contains one".to_owned()
            }
            Self::Configuration(_) => r#"write one JSON object: --config '{"org":"org1"}'"#.to_owned(),
            Self::Template(error) => return template_hint(error),
            Self::Address { source, .. } => return source.hint(),
            Self::HostlessAddress(_) => "pass the host with --host".to_owned(),
            Self::Builder(error) => return error.hint(),
            Self::Rotating(_) => "continue with --reissue, or complete it with --finish".to_owned(),
            Self::NotRotating(folder) => {
                format!("ccs tls rotate {} begins one", quote(&folder.to_string_lossy()))
            }
            Self::OldIssuer { folder, .. } => {
                format!("first: ccs tls rotate {} --reissue", quote(&folder.to_string_lossy()))
            }
        };
        Some(hint)
    }

    /// Returns the matching exit code of the builder; [`None`] if there is none.
    #[must_use]
    pub fn code(&self) -> Option<ExitCode> {
        match self {
            Self::Disk(_) | Self::NewFolder(_) | Self::NoFolder(_) | Self::ConfigurationFile { .. } => {
                Some(ExitCode::InputOutput)
            }
            Self::Make(_) | Self::AuthorityExpired => None,
            Self::Authority(_)
            | Self::AuthorityKey(_)
            | Self::Certificates { .. }
            | Self::NoCertificate(_)
            | Self::NoParty { .. }
            | Self::SeveralParties { .. }
            | Self::NoHost(_)
            | Self::Host(_)
            | Self::Rotating(_)
            | Self::NotRotating(_)
            | Self::OldIssuer { .. } => Some(ExitCode::Tls),
            Self::Configuration(_) => Some(ExitCode::Configuration),
            Self::Template(_) => Some(ExitCode::Template),
            Self::Address { .. } | Self::HostlessAddress(_) => Some(ExitCode::Address),
            Self::Builder(error) => Some(error.code()),
        }
    }
}

/// Returns what to do about a folder that exists already.
fn exists_hint(path: &Path) -> String {
    let folder = quote(&path.to_string_lossy());
    if path.join(BUNDLE).is_file() {
        format!(
            "it has a CA: ccs tls issue {folder} adds certificates, and ccs tls rotate {folder} replaces the CA"
        )
    } else {
        format!("{folder} holds other files and no CA; choose another name")
    }
}

fn holds_files(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some())
}

fn template_hint(error: &TemplateError) -> Option<String> {
    let TemplateError::MissingKey { known, .. } = error else { return error.hint() };
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Some(format!("define it with --config, or peer_id with --peer; the keys that exist: {known}"))
}
