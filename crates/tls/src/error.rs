//! Why a CA, a certificate or their folder cannot be used.

use std::path::PathBuf;

use ccs_builder::ExitCode;
use ccs_builder::configuration::ConfigurationError;
use ccs_builder::render::TemplateError;
use ccs_certificates::{BundleError, KeyPairError};
use ccs_files::address::AddressError;
use ccs_report::shell::quote;

use crate::party::{BUNDLE, Role};

/// Something is wrong with a CA, a certificate or their folder.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error(transparent)]
    Disk(#[from] ccs_disk::Error),
    /// A new folder cannot be written.
    #[error(transparent)]
    NewFolder(ccs_disk::Error),
    /// The folder is not one of a CA.
    #[error("{} holds no {BUNDLE}", .0.display())]
    NoFolder(PathBuf),
    /// A certificate cannot be made.
    #[error("cannot make the certificate")]
    Make(#[source] rcgen::Error),
    /// The CA's certificate and key do not belong together or cannot be read.
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
        /// What is wrong with it.
        source: BundleError,
    },
    /// A file holds no certificate at all.
    #[error("{} holds no certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The folder holds no server or client of that name.
    #[error("{} holds no {} {name:?}", folder.display(), role.word())]
    NoParty {
        /// The folder.
        folder: PathBuf,
        /// Which kind.
        role: Role,
        /// The name.
        name: String,
    },
    /// The folder holds several servers or clients, and none was named.
    #[error("{} holds {} {}s: {}", folder.display(), names.len(), role.word(), names.join(", "))]
    SeveralParties {
        /// The folder.
        folder: PathBuf,
        /// Which kind.
        role: Role,
        /// Their names.
        names: Vec<String>,
    },
    /// A server's certificate would be for no host.
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
        /// The system's reason.
        source: std::io::Error,
    },
    /// A configuration is not one that the builder accepts.
    #[error("--config")]
    Configuration(#[source] ConfigurationError),
    /// The template of the address cannot be rendered.
    #[error("--address: {0}")]
    Template(TemplateError),
    /// The template of the address renders to something else than an address.
    #[error("{template:?} renders to {rendered:?}")]
    Address {
        /// The template.
        template: String,
        /// What it renders to.
        rendered: String,
        /// What is wrong with that.
        source: AddressError,
    },
    /// The address has no host that a certificate can carry.
    #[error("the address {0:?} has no host that a certificate could carry")]
    HostlessAddress(String),
    /// The builder rejects something else.
    #[error(transparent)]
    Builder(ccs_builder::Error),
    /// The CA is already being changed.
    #[error("{} is already changing its CA", .0.display())]
    Rotating(PathBuf),
    /// A certificate was issued by the old CA, which would lose its trust.
    #[error("{} is still of the old CA", certificate.display())]
    OldIssuer {
        /// The certificate.
        certificate: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
}

impl Error {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Disk(error) => return error.hint(),
            Self::NewFolder(_) => {
                "give it a new folder; to change the CA of this one: ccs tls rotate DIR".to_owned()
            }
            Self::NoFolder(path) => format!("make it with: ccs tls init {}", path.display()),
            Self::Make(_) | Self::Authority(_) | Self::AuthorityKey(_) | Self::NoCertificate(_) => {
                return None;
            }
            Self::AuthorityExpired => "ccs tls rotate makes a new one".to_owned(),
            Self::Certificates { .. } => "a PEM file has \"-----BEGIN CERTIFICATE-----\" in it".to_owned(),
            Self::NoParty { folder, role, name } => {
                format!("ccs tls issue {} --{} {name} makes one", folder.display(), role.word())
            }
            Self::SeveralParties { role, .. } => format!("say which with --{} NAME", role.word()),
            Self::NoHost(_) => "give --host for each name under which peers dial it, or --address".to_owned(),
            Self::Host(_) => {
                "write a name such as basic.example.com or *.example.com, or an IP address, without a port"
                    .to_owned()
            }
            Self::ConfigurationFile { .. } => {
                "--config takes a JSON object, or the name of a file that holds one".to_owned()
            }
            Self::Configuration(_) => r#"write one JSON object: --config '{"org":"org1"}'"#.to_owned(),
            Self::Template(error) => return template_hint(error),
            Self::Address { source, .. } => return source.hint(),
            Self::HostlessAddress(_) => "name the host with --host".to_owned(),
            Self::Builder(error) => return error.hint(),
            Self::Rotating(_) => "go on with --reissue, or end it with --finish".to_owned(),
            Self::OldIssuer { folder, .. } => {
                format!("first: ccs tls rotate {} --reissue", quote(&folder.to_string_lossy()))
            }
        };
        Some(hint)
    }

    /// Returns the exit code of the builder's table; [`None`] if the table has none for it.
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
            | Self::OldIssuer { .. } => Some(ExitCode::Tls),
            Self::Configuration(_) => Some(ExitCode::Configuration),
            Self::Template(_) => Some(ExitCode::Template),
            Self::Address { .. } | Self::HostlessAddress(_) => Some(ExitCode::Address),
            Self::Builder(error) => Some(error.code()),
        }
    }
}

fn template_hint(error: &TemplateError) -> Option<String> {
    let TemplateError::MissingKey { known, .. } = error else { return error.hint() };
    let known: Vec<&str> = known.iter().map(AsRef::as_ref).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Some(format!("define it with --config, or peer_id with --peer; the keys that exist: {known}"))
}
