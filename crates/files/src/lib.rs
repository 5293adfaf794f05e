//! The files of the external builder contract, as types.
//!
//! Each file has one type, which every stage that reads or writes it uses: the package, the builder's output, the
//! release that a peer reads, and the peer's own records. This crate accesses no disk, no network and no clock.
//!
//! | Module | File or text |
//! | --- | --- |
//! | [`json`] | JSON as parsed and formatted by Go's `encoding/json`; the other modules use it |
//! | [`metadata`] | `metadata.json` of a package |
//! | [`connection`] | `connection.json`, in the package, in the build output and in the release |
//! | [`address`] | the `address` inside it |
//! | [`duration`] | Go durations such as `1m30s` |
//! | [`package_id`] | `label:hash`, and the folder names that a peer derives from it |
//! | [`index`] | CouchDB index definitions under `META-INF/statedb` |
//! | [`build_info`] | `build-info.json`, which a peer keeps with a build |
//! | [`shim`] | the variables of a chaincode that runs as a server |

pub mod address;
pub mod build_info;
pub mod connection;
pub mod duration;
pub mod index;
pub mod json;
pub mod metadata;
pub mod package_id;
pub mod shim;

pub use address::Address;
pub use build_info::BuildInfo;
pub use connection::Connection;
pub use duration::GoDuration;
pub use metadata::PackageMetadata;
pub use package_id::{Label, PackageHash, PackageId};
