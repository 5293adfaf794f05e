//! What is to be probed, as the peer would be told: from a package, a connection.json or the command line.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ccs_builder::context::Surroundings;
use ccs_builder::render::TemplateError;
use ccs_builder::{Error, ExitCode, Warning, stages};
use ccs_files::{Address, Label, PackageId, PackageMetadata};
use ccs_dial::ConnectionInfo;
use ccs_dial::connection::{ClientPair, Tls};

use crate::cli::Probe;
use crate::commands::file::text;
use crate::failure::{Failure, USAGE};
use crate::package_file::{PackageFile, scratch_failure, source_folder};
use crate::shell;

/// How the first two bytes of a package file read: it is compressed with gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What to dial and what to expect there.
#[derive(Debug)]
pub(super) struct Target {
    /// As it was typed.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: Kind,
    pub(super) info: ConnectionInfo,
    /// The ID that the chaincode must announce.
    pub(super) expected: Option<PackageId>,
    /// What the builder would warn about.
    pub(super) warnings: Vec<String>,
    /// The options for TLS, as they were typed.
    pub(super) tls_options: Vec<String>,
    /// The other options that decide where to go and what to expect, as they were typed.
    other_options: Vec<String>,
}

/// What a target was named by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Package,
    Connection,
    Address,
}

impl Target {
    pub(super) fn new(name: String, kind: Kind, info: ConnectionInfo, expected: Option<PackageId>) -> Self {
        let (warnings, tls_options, other_options) = Default::default();
        Self { name, kind, info, expected, warnings, tls_options, other_options }
    }

    /// Understands the command line and reads the files that it names.
    pub(super) fn read(options: &Probe) -> Result<Self, Failure> {
        let path = Path::new(&options.target);
        let mut target = if path.is_file() { file(path, options)? } else { address(options)? };
        if let Some(timeout) = options.timeout {
            target.info.dial_timeout = timeout;
        }
        target.tls_options = options.tls.words();
        let id = options.id.as_ref().map(|id| ["--id".to_owned(), id.to_string()]);
        let config =
            options.config.as_ref().map(|json| ["--config".to_owned(), json.to_string_lossy().into()]);
        target.other_options = id.into_iter().chain(config).flatten().collect();
        Ok(target)
    }

    /// Gives the command that probes the same again, followed by more options.
    pub(super) fn again(&self, more: &[&str]) -> String {
        let typed = self.tls_options.iter().chain(&self.other_options).map(String::as_str);
        let begin = ["ccs", "probe", self.name.as_str()];
        shell::command(begin.into_iter().chain(typed).chain(more.iter().copied()))
    }
}

fn address(options: &Probe) -> Result<Target, Failure> {
    let name = options.target.to_string_lossy().into_owned();
    let parsed: Result<Address, _> = name.parse();
    parsed.map_err(|error| {
        Failure::new(format!("{name:?} is neither a file nor HOST:PORT: {error}"))
            .hint(
                "name a package, a connection.json, or an address such as basic.example.com:9999".to_owned(),
            )
            .with_code(ExitCode::Address)
    })?;
    let given = &options.tls;
    let client = match (&given.client_key, &given.client_cert) {
        (Some(key), Some(cert)) => {
            Some(ClientPair { key: text(Some(key))?, cert: text(Some(cert))?, domain: given.domain.clone() })
        }
        _ => None,
    };
    let tls = match &given.root_cert {
        None => None,
        Some(root_cert) => Some(Tls { root_cert: text(Some(root_cert))?, client }),
    };
    let info =
        ConnectionInfo { address: name.clone(), dial_timeout: ConnectionInfo::DEFAULT_DIAL_TIMEOUT, tls };
    Ok(Target::new(name, Kind::Address, info, options.id.clone()))
}

fn file(path: &Path, options: &Probe) -> Result<Target, Failure> {
    if options.tls.is_given() {
        return Err(Failure::new("TLS options are for HOST:PORT; a file brings its own")
            .hint(format!("leave them out, or name the address in place of {}", path.display()))
            .with_number(USAGE));
    }
    let mut warnings = Vec::new();
    let (kind, info, id) = if is_package(path).map_err(|error| unreadable(path, &error))? {
        let file = PackageFile::open(path)?;
        let info = rendered(file.source(), file.package.metadata(), options, &mut warnings)?;
        (Kind::Package, info, Some(file.package.id().clone()))
    } else {
        let folder = tempfile::tempdir().map_err(|error| scratch_failure(&error))?;
        let (source, metadata) = place(path, options.id.as_ref(), folder.path())?;
        (Kind::Connection, rendered(&source, &metadata, options, &mut warnings)?, None)
    };
    let expected = options.id.clone().or(id);
    let warnings = warnings.iter().map(ToString::to_string).collect();
    Ok(Target { warnings, ..Target::new(path.display().to_string(), kind, info, expected) })
}

/// Runs the builder's code over a source, and reads what it would release as a peer does.
fn rendered(
    source: &Path,
    metadata: &PackageMetadata,
    options: &Probe,
    warnings: &mut Vec<Warning>,
) -> Result<ConnectionInfo, Failure> {
    let mut surroundings = Surroundings { builder_folder: None, ..Surroundings::of_this_process() };
    if let Some(configuration) = &options.config {
        surroundings.configuration = Some(configuration.clone());
    }
    let prepared = stages::prepare(source, metadata, &surroundings, warnings);
    let released = prepared.map_err(|error| refused(error, options))?.connection.to_json();
    ConnectionInfo::parse(&released, Path::new("connection.json"))
        .map_err(|error| Failure::from_error(&error).hint(error.hint()).with_code(ExitCode::Connection))
}

/// Speaks of `--config` where the builder speaks of its variable.
fn refused(error: Error, options: &Probe) -> Failure {
    match error {
        Error::Configuration { error, .. } if options.config.is_some() => {
            Failure::new(format!("--config: {}", ccs_builder::report::chain(&error)))
                .hint(r#"write one JSON object: --config '{"peer":"peer0"}'"#.to_owned())
                .with_code(ExitCode::Configuration)
        }
        Error::Template { error: TemplateError::MissingKey { .. }, .. } => {
            let name = options.target.to_string_lossy();
            let next = shell::command(["ccs", "probe", &name, "--config", r#"{"key":"value"}"#]);
            Failure::from(error).next(next)
        }
        error => error.into(),
    }
}

fn is_package(path: &Path) -> io::Result<bool> {
    let mut first = Vec::new();
    File::open(path)?.take(GZIP.len() as u64).read_to_end(&mut first)?;
    Ok(first == GZIP)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot read {}: {error}", path.display())).with_code(ExitCode::InputOutput)
}

/// Puts a connection.json where a package with that ID would have it; gives the source and what metadata.json would say.
fn place(path: &Path, id: Option<&PackageId>, folder: &Path) -> Result<(PathBuf, PackageMetadata), Failure> {
    let source = id.map_or_else(|| folder.join("src"), |id| source_folder(folder, id));
    fs::create_dir_all(&source)
        .and_then(|()| fs::copy(path, source.join("connection.json")))
        .map_err(|error| unreadable(path, &error))?;
    let label = id.map(PackageId::label).map(Label::as_str).unwrap_or_default().to_owned();
    Ok((source, PackageMetadata { label, chaincode_type: "ccaas".to_owned(), path: String::new() }))
}
