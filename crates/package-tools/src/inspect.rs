//! What a package holds.

mod certificates;
mod document;

use std::path::Path;

use crate::error::Error;
use crate::open::PackageFile;
pub use certificates::Certificate;
pub use document::{ConnectionShown, Document, Entry, ImageShown, Index, Pem, ProgramShown};

/// Reads a package, and returns what it holds, without what is secret.
pub fn inspect(path: &Path) -> Result<Document, Error> {
    Document::of(path, &PackageFile::open(path)?)
}
