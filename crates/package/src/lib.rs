//! Reads and writes chaincode packages by the peer's rules.
//!
//! A package is a gzip-compressed tar archive of exactly two files, `metadata.json` and `code.tar.gz`; the second is
//! itself such an archive. The reader accepts the packages that a peer of Fabric 2.0 to 3.1 installs, and reports why
//! a peer would reject others ([`read()`], [`visit_code`], [`visit`], [`package_id`]). The writer always produces the
//! same bytes for the same content ([`write()`]). Both work with any [`std::io::Read`] or [`std::io::Write`]; only
//! [`disk`] accesses files.
//!
//! ```
//! use ccs_package::{Limits, PackageContents};
//!
//! let mut contents = PackageContents::new("basic_1.0".parse()?, "ccaas");
//! contents.add("connection.json", br#"{"address":"basic.example.com:9999"}"#.as_slice())?;
//! let mut file = Vec::new();
//! let id = ccs_package::write(&contents, &mut file)?;
//!
//! let package = ccs_package::read(file.as_slice(), &Limits::default())?;
//! assert_eq!(package.id(), &id);
//! assert_eq!(package.code_entries()[0].path().to_str(), Some("connection.json"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod code;
mod contents;
pub mod disk;
mod header;
mod layer;
mod limits;
mod read;
mod shown;
mod write;

pub use archive::fault::TarFault;
pub use code::{CodeEntry, CodeFault, EntryKind};
pub use contents::{ContentsError, PackageContents};
pub use header::{EntryHeader, GzipHeader, TarLayout};
pub use layer::{ArchiveFault, GzipFault};
pub use limits::{Layer, LimitExceeded, Limits};
pub use read::{
    Digests, Package, ReadError, VisitError, Visited, Warning, archived_head, digests, package_id, read,
    visit, visit_archive, visit_code,
};
pub use write::{WriteError, write};
