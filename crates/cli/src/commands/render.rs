//! `ccs render`: the connection.json that each peer will get.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use ccs_builder::report::chain;
use ccs_builder::{Error, ExitCode, Warning, input, stages};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::Render;
use crate::failure::Failure;
use crate::json_text::{self, Secrets};
use crate::output;
use crate::package_file::{PackageFile, surroundings};
use crate::style::{self, safe};

/// The document of `--json`. Its shape is in `docs/json.md`.
#[derive(Serialize)]
struct Document {
    package_id: String,
    peers: Vec<Rendered>,
}

/// What one peer gets.
#[derive(Serialize)]
struct Rendered {
    /// [`None`] for a peer that does not pass its ID on.
    peer: Option<String>,
    connection: Option<Box<RawValue>>,
    error: Option<String>,
    hint: Option<String>,
    exit_code: u8,
    warnings: Vec<String>,
}

pub(crate) fn run(options: &Render) -> Result<(), Failure> {
    let configuration = options.config.as_deref().map(configuration).transpose()?;
    let file = PackageFile::open(&options.file)?;
    let metadata = file.package.metadata();
    if !metadata.is_chaincode_as_a_service() {
        let found = metadata.chaincode_type.chars().take(60).collect();
        return Err(Error::ForeignType { path: options.file.clone(), found }.into());
    }
    let secrets = if options.show_keys { Secrets::Shown } else { Secrets::Redacted };
    let peers =
        if options.peers.is_empty() { vec![None] } else { options.peers.iter().cloned().map(Some).collect() };
    let rendered = |peer| render(&file, configuration.clone(), peer, secrets);
    let document = Document {
        package_id: file.package.id().to_string(),
        peers: peers.into_iter().map(rendered).collect(),
    };
    if options.json {
        output::print_json(&document)?;
    } else {
        tell(&document, options)?;
    }
    match document.peers.iter().find(|peer| peer.exit_code != 0) {
        Some(refused) => Err(Failure::silent(refused.exit_code)),
        None => Ok(()),
    }
}

/// Gives the configuration: the text itself if it begins as an object does, otherwise the content of the file.
fn configuration(given: &str) -> Result<OsString, Failure> {
    if given.trim_start().starts_with('{') {
        return Ok(given.into());
    }
    let content = input::read(Path::new(given), input::MAX_SMALL).map_err(|error| {
        Failure::new(format!("cannot read the configuration {given}: {error}"))
            .hint(
                "--config takes a JSON object, such as '{\"org\":\"org1\"}', or the name of a file"
                    .to_owned(),
            )
            .with_code(ExitCode::Configuration)
    })?;
    Ok(OsString::from_vec(content))
}

fn render(
    file: &PackageFile,
    configuration: Option<OsString>,
    peer: Option<String>,
    secrets: Secrets,
) -> Rendered {
    let passed_on = peer.iter().map(|name| ("peer_id", name.clone())).collect();
    let surroundings = surroundings(configuration, passed_on);
    let mut warnings = Vec::new();
    let prepared = stages::prepare(file.source(), file.package.metadata(), &surroundings, &mut warnings);
    let warnings = warnings.iter().map(Warning::to_string).collect();
    match prepared {
        Ok(prepared) => {
            let text = json_text::pretty(&prepared.connection.to_json(), secrets).unwrap_or_default();
            let connection = RawValue::from_string(text).ok();
            Rendered { peer, connection, error: None, hint: None, exit_code: 0, warnings }
        }
        Err(error) => {
            let message = chain(&error).replace(&format!("{}/", file.source().display()), "");
            let (hint, exit_code) = (error.hint(), error.code().number());
            Rendered { peer, connection: None, error: Some(message), hint, exit_code, warnings }
        }
    }
}

/// Prints each connection, under the peer's name if there are several, and what is wrong on stderr.
fn tell(document: &Document, options: &Render) -> Result<(), Failure> {
    let has_several = document.peers.len() > 1;
    for (number, rendered) in document.peers.iter().enumerate() {
        let peer = rendered.peer.as_deref().filter(|_| has_several);
        let prefix = peer.map(|peer| format!("{peer}: ")).unwrap_or_default();
        for warning in &rendered.warnings {
            output::warn(&format!("{prefix}{warning}"));
        }
        if let Some(error) = &rendered.error {
            Failure::new(format!("{prefix}{error}")).hint(rendered.hint.clone()).print();
        }
        let Some(connection) = &rendered.connection else { continue };
        let heading = peer.map(|peer| {
            let (name, gap) = (style::NAME, if number == 0 { "" } else { "\n" });
            format!("{gap}{name}{}{name:#}\n", safe(peer))
        });
        let lines: Vec<String> = connection.get().lines().map(safe).collect();
        output::print(&format!("{}{}\n", heading.unwrap_or_default(), lines.join("\n")))?;
    }
    let word = output::word(&options.file);
    if document.peers.iter().all(|peer| peer.exit_code == 0) {
        crate::style::print_next(&format!("peer lifecycle chaincode install {word}"));
    } else {
        crate::style::print_next(&format!("ccs lint {word}"));
    }
    Ok(())
}
