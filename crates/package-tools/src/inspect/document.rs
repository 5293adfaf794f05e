//! The document of `ccs inspect --json`. Its shape is in `docs/json.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::SystemTime;

use ccs_builder::{input, meta_inf, render};
use ccs_files::connection::DialTimeout;
use ccs_files::{Connection, index};
use ccs_package::{CodeEntry, EntryKind};
use serde::Serialize;

use super::certificates::{self, Certificate};
use crate::open::PackageFile;

/// All that is shown.
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
    /// [`None`] when the package holds none, or one that cannot be read.
    pub connection: Option<ConnectionShown>,
    /// Keys that the templates can read, each with the fields that do.
    pub template_keys: BTreeMap<String, Vec<&'static str>>,
    /// The certificates of the connection.
    pub certificates: Vec<Certificate>,
    /// The indexes that the peer creates.
    pub indexes: Vec<Index>,
    /// The entries of `code.tar.gz`, in its order.
    pub entries: Vec<Entry>,
    /// What a peer accepts but the author hardly meant.
    pub warnings: Vec<String>,
    /// What cannot be shown, and why.
    pub problems: Vec<String>,
}

/// The connection without what is secret.
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

/// What a field for PEM text holds.
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

/// A file that the peer makes an index of.
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
    /// The path as it is written in the archive.
    pub path: String,
    /// `file` or `folder`.
    pub kind: &'static str,
    /// Four octal digits.
    pub mode: String,
    /// The number of bytes.
    pub size: u64,
}

impl Document {
    pub(super) fn of(path: &Path, file: &PackageFile) -> Self {
        let package = &file.package;
        let mut problems = Vec::new();
        let is_ours = package.metadata().is_chaincode_as_a_service();
        let connection = connection(file.source.path(), is_ours, &mut problems);
        let certificates = connection.as_ref().map_or_else(Vec::new, |connection| {
            certificates::of(connection, SystemTime::now(), &mut problems)
        });
        Self {
            file: path.display().to_string(),
            bytes: file.bytes,
            package_id: package.id().to_string(),
            label: package.metadata().label.clone(),
            chaincode_type: package.metadata().chaincode_type.clone(),
            template_keys: connection.as_ref().map(|it| keys(it, &mut problems)).unwrap_or_default(),
            connection: connection.as_ref().map(ConnectionShown::of),
            certificates,
            indexes: indexes(file.source.path(), &mut problems),
            entries: package.code_entries().iter().map(Entry::of).collect(),
            warnings: package.warnings().iter().map(ToString::to_string).collect(),
            problems,
        }
    }
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
