//! The document of `ccs inspect --json`. Its shape is in `docs/json.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use ccs_builder::{input, meta_inf, render};
use ccs_files::connection::DialTimeout;
use ccs_files::{Connection, index};
use ccs_launch::image::Tls;
use ccs_launch::kind::Kind;
use ccs_launch::settings::Role;
use ccs_package::{CodeEntry, EntryKind};
use serde::Serialize;

use super::certificates::{self, Certificate};
use crate::error::Error;
use crate::files::Files;
use crate::launched;
use crate::open::PackageFile;

/// The whole document.
#[derive(Debug, Serialize)]
pub struct Document {
    /// The package file.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// The package ID.
    pub package_id: String,
    /// The label.
    pub label: String,
    /// The type.
    #[serde(rename = "type")]
    pub chaincode_type: String,
    /// The connection; [`None`] if the package has none, or an unreadable one.
    pub connection: Option<ConnectionShown>,
    /// Keys that the templates read, each with the fields that use it.
    pub template_keys: BTreeMap<String, Vec<&'static str>>,
    /// The content of image.json; [`None`] if the package has none, or an unreadable one.
    pub image: Option<ImageShown>,
    /// The programs of a package of the type `binary` or `executable`.
    pub programs: Vec<ProgramShown>,
    /// The certificates of the connection.
    pub certificates: Vec<Certificate>,
    /// The indexes that the peer creates.
    pub indexes: Vec<Index>,
    /// The entries of `code.tar.gz`, in its order.
    pub entries: Vec<Entry>,
    /// Parts that a peer accepts but the author probably did not intend.
    pub warnings: Vec<String>,
    /// Parts that cannot be shown, with the reason.
    pub problems: Vec<String>,
}

/// The connection without secrets.
#[derive(Debug, Serialize)]
pub struct ConnectionShown {
    /// The address, with its templates.
    pub address: String,
    /// The name in the chaincode's certificate.
    pub domain: Option<String>,
    /// How long the peer tries to connect.
    pub dial_timeout: Option<String>,
    /// Whether the peer uses TLS.
    pub tls_required: bool,
    /// Whether the peer presents a certificate.
    pub client_auth_required: bool,
    /// What `root_cert` holds.
    pub root_cert: Pem,
    /// What `client_cert` holds.
    pub client_cert: Pem,
    /// What `client_key` holds.
    pub client_key: Pem,
    /// Keys that no peer reads, without their values.
    pub other_keys: Vec<String>,
}

/// The image.
#[derive(Debug, Serialize)]
pub struct ImageShown {
    /// The name, with its registry.
    pub name: String,
    /// The digest; [`None`] for an image with only a tag.
    pub digest: Option<String>,
    /// The role.
    pub role: Role,
    /// The port on which a server listens.
    pub port: u16,
    /// How the peer dials a server.
    pub tls: Tls,
}

/// A compiled program.
#[derive(Debug, Serialize)]
pub struct ProgramShown {
    /// The platform, such as `linux/amd64`; [`None`] for a script without one.
    pub platform: Option<String>,
    /// Its path in code.tar.gz.
    pub file: String,
    /// Its size in bytes; [`None`] if it is missing.
    pub size: Option<u64>,
    /// Its SHA-256.
    pub sha256: Option<String>,
}

/// The content of a field for PEM text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pem {
    /// Nothing.
    Absent,
    /// A template.
    Template,
    /// A text.
    Given,
}

/// A file from which the peer creates an index.
#[derive(Debug, Serialize)]
pub struct Index {
    /// The name of its file.
    pub name: String,
    /// [`None`] for the chaincode's own data.
    pub collection: Option<String>,
}

/// An entry of `code.tar.gz`.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The path, as in the archive.
    pub path: String,
    /// `file` or `folder`.
    pub kind: &'static str,
    /// Four octal digits.
    pub mode: String,
    /// The number of bytes.
    pub size: u64,
}

impl Document {
    pub(super) fn of(path: &Path, file: &PackageFile) -> Result<Self, Error> {
        let package = &file.package;
        let mut problems = Vec::new();
        let (kind, files) = (Kind::of(&package.metadata().chaincode_type), Files::Package(path, file));
        let image = image(&files, &package.metadata().chaincode_type, &mut problems);
        let programs = if kind == Some(Kind::Binary) { programs(&files, &mut problems)? } else { Vec::new() };
        let is_ours = kind == Some(Kind::Service) && image.is_none();
        let connection = connection(file.source.path(), is_ours, &mut problems);
        let certificates = connection.as_ref().map_or_else(Vec::new, |connection| {
            certificates::of(connection, SystemTime::now(), &mut problems)
        });
        Ok(Self {
            file: path.display().to_string(),
            bytes: file.bytes,
            package_id: package.id().to_string(),
            label: package.metadata().label.clone(),
            chaincode_type: package.metadata().chaincode_type.clone(),
            template_keys: connection.as_ref().map(|it| keys(it, &mut problems)).unwrap_or_default(),
            connection: connection.as_ref().map(ConnectionShown::of),
            image,
            programs,
            certificates,
            indexes: indexes(file.source.path(), &mut problems),
            entries: package.code_entries().iter().map(Entry::of).collect(),
            warnings: package.warnings().iter().map(ToString::to_string).collect(),
            problems,
        })
    }
}

/// Reads image.json, if it exists and a launcher can read it.
fn image(files: &Files<'_>, chaincode_type: &str, problems: &mut Vec<String>) -> Option<ImageShown> {
    let image = launched::read_image(files).map_err(|failure| problems.push(failure.to_string())).ok()??;
    let role = image.role_in(chaincode_type);
    let digest = Some(image.digest).filter(|digest| !digest.is_empty());
    Some(ImageShown { name: image.name, digest, role, port: image.port, tls: image.tls })
}

/// Describes the programs.
fn programs(files: &Files<'_>, problems: &mut Vec<String>) -> Result<Vec<ProgramShown>, Error> {
    let binary = match launched::read_binary(files) {
        Ok(binary) => binary,
        Err(failure) => {
            problems.push(failure.to_string());
            return Ok(Vec::new());
        }
    };
    let programs = launched::programs(&binary, files)?;
    problems.extend(programs.iter().filter_map(|program| program.failure.as_ref()).map(ToString::to_string));
    Ok(programs
        .into_iter()
        .map(|program| ProgramShown {
            platform: program.target.map(|target| target.to_string()),
            file: program.file,
            size: program.facts.as_ref().map(|facts| facts.size),
            sha256: program.facts.map(|facts| facts.sha256.to_string()),
        })
        .collect())
}

/// Reads connection.json; only a package for chaincode as a service must have one.
fn connection(source: &Path, is_expected: bool, problems: &mut Vec<String>) -> Option<Connection> {
    let read = match input::read(&source.join("connection.json"), input::MAX_CONNECTION) {
        Err(input::ReadError::Missing) if !is_expected => return None,
        Err(error) => Err(error.to_string()),
        Ok(content) => Connection::parse(&content).map_err(|error| error.to_string()),
    };
    let (connection, notices) =
        read.map_err(|error| problems.push(format!("connection.json cannot be read: {error}"))).ok()?;
    problems.extend(notices.iter().map(|notice| format!("connection.json: {notice}")));
    Some(connection)
}

fn keys(connection: &Connection, problems: &mut Vec<String>) -> BTreeMap<String, Vec<&'static str>> {
    let mut fields: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for (field, keys) in render::template_keys(connection) {
        match keys {
            Ok(keys) => keys.into_iter().for_each(|key| fields.entry(key).or_default().push(field)),
            Err(error) => problems.push(format!("the template in {field}: {error}")),
        }
    }
    fields
}

fn indexes(source: &Path, problems: &mut Vec<String>) -> Vec<Index> {
    let tree = meta_inf::read_source(source, &mut Vec::new());
    let files = tree.map_err(|error| problems.push(error.to_string())).unwrap_or_default().files;
    files.iter().filter_map(|(path, _)| Index::of(path.to_str()?)).collect()
}

impl Index {
    fn of(path: &str) -> Option<Self> {
        index::check_path(path).ok()?;
        let below = path.strip_prefix("statedb/couchdb/")?;
        let (collection, name) = match below.strip_prefix("collections/") {
            Some(rest) => {
                let (collection, rest) = rest.split_once('/')?;
                (Some(collection.to_owned()), rest)
            }
            None => (None, below),
        };
        Some(Self { name: name.strip_prefix("indexes/")?.to_owned(), collection })
    }
}

impl ConnectionShown {
    fn of(connection: &Connection) -> Self {
        let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let dial_timeout = connection.dial_timeout.as_ref().map(|timeout| match timeout {
            DialTimeout::Text(text) => text.clone(),
            DialTimeout::Nanoseconds(duration) => duration.to_string(),
        });
        let others: BTreeSet<&String> = connection.extra.iter().map(|(key, _)| key).collect();
        Self {
            address: connection.address.clone(),
            domain: text(&connection.domain),
            dial_timeout,
            tls_required: connection.tls_required,
            client_auth_required: connection.client_auth_required,
            root_cert: Pem::of(&connection.root_cert),
            client_cert: Pem::of(&connection.client_cert),
            client_key: Pem::of(&connection.client_key),
            other_keys: others.into_iter().cloned().collect(),
        }
    }
}

impl Pem {
    fn of(text: &str) -> Self {
        match text {
            "" => Self::Absent,
            text if render::is_template(text) => Self::Template,
            _ => Self::Given,
        }
    }
}

impl Entry {
    fn of(entry: &CodeEntry) -> Self {
        let kind = match entry.kind() {
            EntryKind::File => "file",
            EntryKind::Directory => "folder",
        };
        let mode = format!("{:04o}", entry.header().mode & 0o7777);
        Self { path: entry.header().shown_name(), kind, mode, size: entry.size() }
    }
}
