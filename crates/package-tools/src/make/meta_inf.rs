//! The indexes of a package, from a folder META-INF.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_builder::meta_inf::{self, Tree};
use ccs_package::PackageContents;

use crate::error::Error;
use crate::secrets;

/// The maximum number of omitted files to list.
const SHOWN: usize = 5;

/// Adds the files below `statedb`; returns a warning about omitted ones.
pub(super) fn add_indexes(contents: &mut PackageContents, folder: &Path) -> Result<Vec<String>, Error> {
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
        // The warning is part of the one about everything that is left out.
        if !meta_inf::check_file(&path, &content, &mut Vec::new()).map_err(|error| Error::builder(&error))? {
            left_out.push(path.display().to_string());
            continue;
        }
        contents.add(&format!("META-INF/{name}"), content)?;
    }
    Ok(left_out_warning(folder, &left_out).into_iter().collect())
}

/// Returns the names of the entries next to `statedb`.
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

/// Looks for the META-INF that the user probably meant: a folder inside, or one of the parents.
fn not_meta_inf(folder: &Path) -> Error {
    let has_statedb = |candidate: &PathBuf| candidate.join("statedb").is_dir();
    let inside = Some(folder.join("META-INF")).filter(has_statedb);
    let above = || folder.ancestors().skip(1).take(3).map(Path::to_owned).find(has_statedb);
    let meant = inside.or_else(above).filter(|meant| !meant.as_os_str().is_empty());
    Error::NotMetaInf { folder: folder.to_owned(), meant }
}
