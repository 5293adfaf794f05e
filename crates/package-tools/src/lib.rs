//! Tools for authors and operators of chaincode packages. They return data to show.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`make`] | creates a package from options, without unnecessary files |
//! | [`inspect`] | the contents of a package |
//! | [`lint`] | errors that a peer or the builder would report, and likely problems |
//! | [`render`] | the connection.json that each peer gets |
//! | [`diff`] | why two packages have different IDs |
//! | [`secrets`] | misplaced private keys |
//!
//! All of them unpack only the files that the builder reads ([`PackageFile`]) and stream the rest, so their time depends on the
//! size of the package, not on the number of its files.
//!
//! ```
//! use ccs_package_tools::make::{Code, Make, make};
//! use ccs_package_tools::{PackageFile, lint};
//!
//! let folder = tempfile::tempdir()?;
//! let connection = br#"{"address":"basic.example.com:9999"}"#.to_vec();
//! let code = Code::Service { chaincode_type: "ccaas", connection: Some(connection), image: None };
//! let made = make(&Make { label: "basic_1.0", code, meta_inf: None })?;
//! let path = folder.path().join("basic.tgz");
//! ccs_package::disk::save(&made.contents, &path, ccs_disk::Existing::Keep)?;
//!
//! let file = PackageFile::open(&path)?;
//! assert_eq!(file.package.metadata().label, "basic_1.0");
//! let report = lint::lint(&path, false)?;
//! assert!(report.findings.iter().any(|broken| broken.finding.id == "plaintext-remote"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod connection;
pub mod diff;
mod error;
mod files;
pub mod inspect;
mod launched;
pub mod lint;
pub mod make;
mod open;
mod recognize;
pub mod render;
pub mod secrets;
mod source;
mod spool;

pub use error::{Error, refusal};
pub use open::{PackageFile, chaincode_type, example_peer, package_id, surroundings, unpack};
pub use recognize::OtherFile;
pub use source::Source;
