//! Making a package that the builder accepts, with nothing in it that does not belong there.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_builder::examine::examine;
use ccs_builder::meta_inf::Tree;
use ccs_files::{Connection, Label, index};
use ccs_package::PackageContents;

use crate::error::Error;
use crate::open::{example_peer, surroundings};
use crate::secrets;
use crate::source::Source;

/// The most names of left out files that are shown.
const SHOWN: usize = 5;

/// What a package is made of.
#[derive(Clone, Debug)]
pub struct Make<'a> {
    /// The label, first half of the package ID.
    pub label: &'a str,
    /// The type of metadata.json.
    pub chaincode_type: &'a str,
    /// The bytes of connection.json.
    pub connection: Vec<u8>,
    /// A folder with a folder `statedb` in it, which holds indexes.
    pub meta_inf: Option<&'a Path>,
}

/// A package that is ready to be written.
#[derive(Debug)]
pub struct Made {
    /// What the package holds.
    pub contents: PackageContents,
    /// What works, and is probably a mistake.
    pub warnings: Vec<String>,
}

/// Puts a package together and runs the builder's own checks over it, as a peer would unpack it.
///
/// Of META-INF the indexes below `statedb` are packed; hidden files and whatever stands beside `statedb` are left out. A
/// private key anywhere but in `client_key` is an error. A template whose keys only the peer's configuration defines is as
/// far as one can see from here.
pub fn make(options: &Make<'_>) -> Result<Made, Error> {
    let label: Label = options.label.parse()?;
    let mut contents = PackageContents::new(label, options.chaincode_type);
    let mut warnings = connection_keys(&options.connection)?;
    contents.add("connection.json", options.connection.clone())?;
    if let Some(folder) = options.meta_inf {
        warnings.extend(add_indexes(&mut contents, folder)?);
    }
    warnings.extend(check(&contents)?);
    Ok(Made { contents, warnings })
}

/// Rejects private keys in fields where none belongs, and warns of the one that does.
fn connection_keys(content: &[u8]) -> Result<Vec<String>, Error> {
    // What is wrong with the document itself, the builder's checks report.
    let Ok((connection, _)) = Connection::parse(content) else { return Ok(Vec::new()) };
    if let Some(field) = secrets::misplaced_in(&connection).first() {
        return Err(Error::PrivateKey { at: format!("connection.json: {field}") });
    }
    let is_embedded = secrets::holds_private_key(connection.client_key.as_bytes()).unwrap_or(false);
    let warning = "the package holds the private key of the client certificate: everyone who receives the file has the key";
    Ok(is_embedded.then(|| warning.to_owned()).into_iter().collect())
}

/// Adds the files below `statedb`; returns a warning of those that are left out.
fn add_indexes(contents: &mut PackageContents, folder: &Path) -> Result<Vec<String>, Error> {
    let statedb = folder.join("statedb");
    if !statedb.is_dir() {
        return Err(not_meta_inf(folder));
    }
    let mut left_out = beside(folder)?;
    for (path, content) in Tree::read(&statedb).map_err(|error| Error::builder(&error))?.files {
        let is_hidden = |part: &std::ffi::OsStr| part.as_encoded_bytes().starts_with(b".");
        let path = Path::new("statedb").join(path);
        if path.iter().any(is_hidden) {
            left_out.push(path.display().to_string());
            continue;
        }
        let Some(name) = path.to_str() else { return Err(Error::NotUtf8(folder.join(&path))) };
        if secrets::holds_private_key(content.as_slice()).unwrap_or(false) {
            return Err(Error::PrivateKey { at: folder.join(&path).display().to_string() });
        }
        index::check_path(name).map_err(|error| {
            Error::builder(&ccs_builder::Error::IndexPath { path: name.to_owned(), error })
        })?;
        contents.add(&format!("META-INF/{name}"), content)?;
    }
    Ok(left_out_warning(folder, &left_out).into_iter().collect())
}

/// Returns the names of what stands beside `statedb`.
fn beside(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| Error::read(folder, error))?;
    let names = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name != "statedb").collect();
    names.sort();
    Ok(names)
}

fn left_out_warning(folder: &Path, names: &[String]) -> Option<String> {
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let folder = folder.display();
    (!names.is_empty())
        .then(|| format!("left out of the package: {shown}{more} of {folder}; no peer reads them"))
}

/// Looks for the META-INF that was probably meant: a folder inside, or one of those above.
fn not_meta_inf(folder: &Path) -> Error {
    let has_statedb = |candidate: &PathBuf| candidate.join("statedb").is_dir();
    let inside = Some(folder.join("META-INF")).filter(has_statedb);
    let above = || folder.ancestors().skip(1).take(3).map(Path::to_owned).find(has_statedb);
    let meant = inside.or_else(above).filter(|meant| !meant.as_os_str().is_empty());
    Error::NotMetaInf { folder: folder.to_owned(), meant }
}

/// Runs the builder's own checks; returns its warnings.
fn check(contents: &PackageContents) -> Result<Vec<String>, Error> {
    let id = ccs_package::write(contents, std::io::sink())?;
    let source = Source::of_files(Some(&id), contents.files())?;
    let found = examine(source.path(), contents.metadata(), &surroundings(None, example_peer()));
    if let Some(error) = found.errors.first() {
        return Err(match Error::builder(error) {
            Error::Builder { message, hint, code } => {
                Error::Builder { message: source.relative(&message), hint, code }
            }
            error => error,
        });
    }
    let missing = found.missing.iter().map(ToString::to_string);
    Ok(found.warnings.iter().map(ToString::to_string).chain(missing).collect())
}
