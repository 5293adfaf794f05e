//! The contents of a package.

mod certificates;
mod document;

use std::path::Path;

use crate::error::Error;
use crate::open::PackageFile;
pub use certificates::Certificate;
pub use document::{ConnectionShown, Document, Entry, ImageShown, Index, Pem, ProgramShown};

/// Reads a package, and returns its contents without secrets.
pub fn inspect(path: &Path) -> Result<Document, Error> {
    Document::of(path, &PackageFile::open(path)?)
}
