//! The connection.json that each peer gets.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use ccs_builder::report::chain;
use ccs_builder::{Warning, input, stages};
use ccs_report::json::{self, Secrets};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::open::{PackageFile, surroundings};

/// The input of a rendering.
#[derive(Clone, Debug)]
pub struct Render<'a> {
    /// The package.
    pub path: &'a Path,
    /// The configuration of the peers, a JSON object.
    pub configuration: Option<OsString>,
    /// The IDs of the peers; if empty, one peer that does not propagate its ID.
    pub peers: &'a [String],
    /// Whether to show private keys.
    pub secrets: Secrets,
}

/// The document of `ccs render --json`. Its shape is in `docs/json.md`.
#[derive(Debug, Serialize)]
pub struct Document {
    /// The package.
    pub package_id: String,
    /// The result for each peer.
    pub peers: Vec<Rendered>,
}

/// The result for one peer.
#[derive(Debug, Serialize)]
pub struct Rendered {
    /// The ID; [`None`] for a peer that does not propagate it.
    pub peer: Option<String>,
    /// The connection.json; [`None`] if the builder rejects the package on that peer.
    pub connection: Option<Box<RawValue>>,
    /// Why the builder rejects it.
    pub error: Option<String>,
    /// The hint.
    pub hint: Option<String>,
    /// The exit code of the builder.
    pub exit_code: u8,
    /// The warnings of the builder.
    pub warnings: Vec<String>,
}

/// Renders the connection.json of a package for each peer.
pub fn render(options: &Render<'_>) -> Result<Document, Error> {
    let file = PackageFile::open(options.path)?;
    let metadata = file.package.metadata();
    if !metadata.is_chaincode_as_a_service() {
        let found = metadata.chaincode_type.chars().take(60).collect();
        let path = PathBuf::from(options.path);
        return Err(Error::builder(&ccs_builder::Error::ForeignType { path, found }));
    }
    let peers: Vec<Option<String>> = match options.peers {
        [] => vec![None],
        peers => peers.iter().cloned().map(Some).collect(),
    };
    let rendered = |peer| for_peer(&file, options, peer);
    Ok(Document {
        package_id: file.package.id().to_string(),
        peers: peers.into_iter().map(rendered).collect(),
    })
}

/// Reads a configuration: the text itself if it begins like an object, otherwise the content of the file.
pub fn configuration(given: &str) -> Result<OsString, Error> {
    if given.trim_start().starts_with('{') {
        return Ok(given.into());
    }
    let content = input::read(Path::new(given), input::MAX_SMALL);
    let content = content.map_err(|source| Error::Configuration { given: given.to_owned(), source })?;
    Ok(OsString::from_vec(content))
}

fn for_peer(file: &PackageFile, options: &Render<'_>, peer: Option<String>) -> Rendered {
    let passed_on = peer.iter().map(|name| ("peer_id", name.clone())).collect();
    let surroundings = surroundings(options.configuration.clone(), passed_on);
    let mut warnings = Vec::new();
    let prepared = stages::prepare(file.source.path(), file.package.metadata(), &surroundings, &mut warnings);
    let warnings = warnings.iter().map(Warning::to_string).collect();
    match prepared {
        Ok(prepared) => {
            let text = json::pretty(&prepared.connection.to_json(), options.secrets).unwrap_or_default();
            let connection = RawValue::from_string(text).ok();
            Rendered { peer, connection, error: None, hint: None, exit_code: 0, warnings }
        }
        Err(error) => {
            let message = file.source.relative(&chain(&error));
            let (hint, exit_code) = (error.hint(), error.code().number());
            Rendered { peer, connection: None, error: Some(message), hint, exit_code, warnings }
        }
    }
}
