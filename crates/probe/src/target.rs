//! The target of a probe: a package, a connection.json or an address.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ccs_builder::context::Surroundings;
use ccs_builder::input::{self, ReadError};
use ccs_builder::render::TemplateError;
use ccs_builder::{Warning, stages};
use ccs_dial::ConnectionInfo;
use ccs_dial::connection::{ClientPair, ConnectionTls};
use ccs_files::{Address, Label, PackageId, PackageMetadata};
use ccs_package_tools::connection::text;
use ccs_package_tools::{OtherFile, PackageFile, Source};
use ccs_report::shell;

use crate::error::Error;

/// The first two bytes of a package file, which is compressed with gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The options of a probe.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// A package, a connection.json, or an address.
    pub target: OsString,
    /// The ID that the chaincode must announce; by default the package's.
    pub id: Option<PackageId>,
    /// The configuration for templates in a file; by default the variable of this process.
    pub configuration: Option<OsString>,
    /// The TLS options for an address; files contain their own.
    pub tls: TlsOptions,
    /// The time limit of each attempt; by default the `dial_timeout` of the file.
    pub timeout: Option<Duration>,
}

/// The TLS options for an address.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// The file with the CA that issued the chaincode's certificate; enables TLS.
    pub root_cert: Option<PathBuf>,
    /// The file with the client certificate.
    pub client_cert: Option<PathBuf>,
    /// The file with its key.
    pub client_key: Option<PathBuf>,
    /// The name in the chaincode's certificate, if it is not the host.
    pub domain: Option<String>,
    /// Whether any TLS option was given.
    pub is_given: bool,
    /// The options as words of a command.
    pub words: Vec<String>,
}

/// The address to dial, and the expected ID.
#[derive(Debug)]
pub struct Target {
    /// The target, as on the command line.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The connection settings of the peer.
    pub info: ConnectionInfo,
    /// The ID that the chaincode must announce.
    pub expected: Option<PackageId>,
    /// For a gateway: the name in its certificate, if it is not the host.
    pub server_name: Option<String>,
    /// The warnings of the builder.
    pub warnings: Vec<String>,
    /// The TLS options, as words of a command.
    pub tls_options: Vec<String>,
    /// The other options that change the target, as words of a command.
    other_options: Vec<String>,
}

/// The kind of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A package file.
    Package,
    /// A connection.json.
    Connection,
    /// An address.
    Address,
    /// The address of a gateway.
    Gateway,
}

impl Target {
    pub(crate) fn new(name: String, kind: Kind, info: ConnectionInfo, expected: Option<PackageId>) -> Self {
        let (server_name, warnings, tls_options, other_options) = Default::default();
        Self { name, kind, info, expected, server_name, warnings, tls_options, other_options }
    }

    /// Parses the options and reads the files.
    pub fn read(options: &Options) -> Result<Self, Error> {
        let path = Path::new(&options.target);
        let mut target = if path.is_file() { file(path, options)? } else { address(options)? };
        if let Some(timeout) = options.timeout {
            target.info.dial_timeout = timeout;
        }
        target.tls_options.clone_from(&options.tls.words);
        let id = options.id.as_ref().map(|id| ["--id".to_owned(), id.to_string()]);
        let config =
            options.configuration.as_ref().map(|json| ["--config".to_owned(), json.to_string_lossy().into()]);
        target.other_options = id.into_iter().chain(config).flatten().collect();
        Ok(target)
    }

    /// Returns the command that repeats the probe, with more options.
    pub(crate) fn again(&self, more: &[&str]) -> String {
        let typed = self.tls_options.iter().chain(&self.other_options).map(String::as_str);
        let option = (self.kind == Kind::Gateway).then_some("--gateway");
        let begin = ["ccs", "probe"].into_iter().chain(option).chain([self.name.as_str()]);
        shell::command(begin.chain(typed).chain(more.iter().copied()))
    }
}

fn address(options: &Options) -> Result<Target, Error> {
    let name = options.target.to_string_lossy().into_owned();
    let parsed: Result<Address, _> = name.parse();
    parsed.map_err(|source| Error::Target { name: name.clone(), source })?;
    let given = &options.tls;
    let client = match (&given.client_key, &given.client_cert) {
        (Some(key), Some(cert)) => {
            Some(ClientPair { key: text(Some(key))?, cert: text(Some(cert))?, domain: given.domain.clone() })
        }
        _ => None,
    };
    let tls = match &given.root_cert {
        None => None,
        Some(root_cert) => Some(ConnectionTls { root_cert: text(Some(root_cert))?, client }),
    };
    let info =
        ConnectionInfo { address: name.clone(), dial_timeout: ConnectionInfo::DEFAULT_DIAL_TIMEOUT, tls };
    Ok(Target::new(name, Kind::Address, info, options.id.clone()))
}

fn file(path: &Path, options: &Options) -> Result<Target, Error> {
    if options.tls.is_given {
        return Err(Error::TlsOfFile(path.to_owned()));
    }
    let mut warnings = Vec::new();
    let (kind, info, id) = if is_package(path).map_err(|error| unreadable(path, ReadError::System(error)))? {
        let file = PackageFile::open(path)?;
        if !file.source.path().join("connection.json").exists() {
            return Err(ccs_package_tools::Error::NoConnection(path.to_owned()).into());
        }
        let info = rendered(&file.source, file.package.metadata(), options, &mut warnings)?;
        (Kind::Package, info, Some(file.package.id().clone()))
    } else {
        if let Some(other) = OtherFile::at(path).filter(|other| *other != OtherFile::Connection) {
            return Err(ccs_package_tools::Error::NotAPackage { path: path.to_owned(), other }.into());
        }
        let content = input::read(path, input::MAX_CONNECTION).map_err(|error| unreadable(path, error))?;
        let files = [("connection.json", content.as_slice())];
        let source = Source::of_files(options.id.as_ref(), files)?;
        let label = options.id.as_ref().map(PackageId::label).map(Label::as_str).unwrap_or_default();
        let metadata = PackageMetadata {
            label: label.to_owned(),
            chaincode_type: "ccaas".to_owned(),
            path: String::new(),
        };
        (Kind::Connection, rendered(&source, &metadata, options, &mut warnings)?, None)
    };
    let expected = options.id.clone().or(id);
    let warnings = warnings.iter().map(ToString::to_string).collect();
    Ok(Target { warnings, ..Target::new(path.display().to_string(), kind, info, expected) })
}

/// Runs the builder's code on a source, and parses its release like a peer.
fn rendered(
    source: &Source,
    metadata: &PackageMetadata,
    options: &Options,
    warnings: &mut Vec<Warning>,
) -> Result<ConnectionInfo, Error> {
    let mut surroundings = Surroundings { builder_folder: None, ..Surroundings::of_this_process() };
    if let Some(configuration) = &options.configuration {
        surroundings.configuration = Some(configuration.clone());
    }
    let prepared = stages::prepare(source.path(), metadata, &surroundings, warnings);
    let released = prepared.map_err(|error| refused(error, source, options))?.connection.to_json();
    ConnectionInfo::parse(&released, Path::new("connection.json")).map_err(Error::Released)
}

/// Replaces the builder's variable by the option in an error, and paths in the temporary folder by those in the package.
fn refused(error: ccs_builder::Error, source: &Source, options: &Options) -> Error {
    match error {
        ccs_builder::Error::Configuration { error, .. } if options.configuration.is_some() => {
            Error::Configuration(error)
        }
        ccs_builder::Error::Template { error: TemplateError::MissingKey { .. }, .. } => {
            let name = options.target.to_string_lossy();
            let next = shell::command(["ccs", "probe", &name, "--config", r#"{"key":"value"}"#]);
            Error::MissingKey { error, next }
        }
        error => Error::Package(source.refused(&error)),
    }
}

fn is_package(path: &Path) -> io::Result<bool> {
    let mut first = Vec::new();
    File::open(path)?.take(GZIP.len() as u64).read_to_end(&mut first)?;
    Ok(first == GZIP)
}

fn unreadable(path: &Path, source: ReadError) -> Error {
    Error::Read { path: path.to_owned(), source }
}
