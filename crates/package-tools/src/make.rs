//! Creates a package that a builder accepts, without unnecessary files.

mod image;
mod meta_inf;
mod programs;
mod service;
mod source;

use std::path::{Path, PathBuf};

use ccs_builder::examine::{examine, examine_meta_inf};
use ccs_files::Label;
use ccs_launch::settings::Language;
use ccs_package::PackageContents;
use serde::Serialize;

use crate::error::Error;
use crate::files::Files;
use crate::launched;
use crate::open::{example_peer, surroundings};
use crate::source::Source;
pub use image::ImageFile;
pub use programs::ProgramFile;

/// The input of a package.
#[derive(Clone, Debug)]
pub struct Make<'a> {
    /// The label, first half of the package ID.
    pub label: &'a str,
    /// The code.
    pub code: Code<'a>,
    /// A folder with the folder `statedb`, which contains indexes.
    pub meta_inf: Option<&'a Path>,
}

/// The code of a package, without its indexes.
#[derive(Clone, Debug)]
pub enum Code<'a> {
    /// Chaincode that the peer dials.
    Service {
        /// The type of metadata.json: `ccaas` or `external`.
        chaincode_type: &'a str,
        /// The bytes of connection.json; without it, only an install that starts the image writes one.
        connection: Option<Vec<u8>>,
        /// The image that the install starts, if the operator enables this.
        image: Option<&'a ImageFile>,
    },
    /// The name of an image, as for fabric-builder-k8s: type `k8s`.
    Image(&'a ImageFile),
    /// Compiled programs: type `binary`.
    Programs {
        /// One for each platform.
        programs: &'a [ProgramFile],
        /// Their arguments; by default those that the shim for Go expects.
        arguments: &'a [String],
    },
    /// Source, as `peer lifecycle chaincode package` packs it: type `golang`, `node` or `java`.
    Source {
        /// The folder of the chaincode.
        folder: &'a Path,
        /// Its language.
        language: Language,
    },
}

/// A complete package, not yet written.
#[derive(Debug)]
pub struct Made {
    /// The contents.
    pub contents: PackageContents,
    /// Parts that work but are probably mistakes.
    pub warnings: Vec<String>,
}

/// Creates a package, and runs the checks of the builder and the launcher on it, as a peer would unpack it.
///
/// It packs only the indexes below `statedb` of META-INF, without hidden files. A private key outside `client_key` is an error. It
/// accepts a template whose keys only the peer's configuration defines.
pub fn make(options: &Make<'_>) -> Result<Made, Error> {
    let label: Label = options.label.parse()?;
    let mut contents = PackageContents::new(label, options.code.chaincode_type());
    let mut warnings = Vec::new();
    match &options.code {
        Code::Service { connection, image, .. } => {
            if let Some(connection) = connection {
                warnings.extend(service::connection_keys(connection)?);
                contents.add("connection.json", connection.clone())?;
            }
            if let Some(image) = image {
                image::add(&mut contents, image)?;
            }
        }
        Code::Image(image) => image::add(&mut contents, image)?,
        Code::Programs { programs, arguments } => programs::add(&mut contents, programs, arguments)?,
        Code::Source { folder, language } => {
            let packed = source::add(&mut contents, folder, *language)?;
            contents = contents.with_source_path(&packed.path);
            warnings.extend(packed.warnings);
        }
    }
    if let Some(folder) = options.meta_inf {
        warnings.extend(meta_inf::add_indexes(&mut contents, folder)?);
    }
    warnings.extend(check(&contents)?);
    Ok(Made { contents, warnings })
}

impl Code<'_> {
    /// Returns the type of metadata.json.
    fn chaincode_type(&self) -> &str {
        match self {
            Self::Service { chaincode_type, .. } => chaincode_type,
            Self::Image(_) => "k8s",
            Self::Programs { .. } => "binary",
            Self::Source { language, .. } => language.name(),
        }
    }
}

/// Runs the checks of the builder and the launcher; returns their warnings.
fn check(contents: &PackageContents) -> Result<Vec<String>, Error> {
    let id = ccs_package::write(contents, std::io::sink())?;
    let source = Source::of_files(Some(&id), contents.files())?;
    let files = Files::Folder(source.path());
    if let Some(failure) = launched::failures(contents.metadata(), &files)?.into_iter().next() {
        return Err(Error::Launch(failure));
    }
    let has_connection = contents.files().any(|(name, _)| name == "connection.json");
    let found = if has_connection {
        examine(source.path(), contents.metadata(), &surroundings(None, example_peer()))
    } else {
        examine_meta_inf(source.path())
    };
    if let Some(error) = found.errors.first() {
        return Err(source.refused(error));
    }
    let missing = found.missing.iter().map(ToString::to_string);
    Ok(found.warnings.iter().map(ToString::to_string).chain(missing).collect())
}

/// Writes a document for a package.
fn json(document: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(document).map_err(|error| Error::Scratch(error.into()))?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a file that becomes part of a package.
fn read(path: &Path) -> Result<Vec<u8>, Error> {
    ccs_builder::input::read(path, launched::MAX_PROGRAM)
        .map_err(|source| Error::Read { path: PathBuf::from(path), source })
}
