//! The files of the external builder contract, as types.
//!
//! One type for each file, used by every stage that reads or writes it: the package, the builder's output, the
//! release that a peer reads, and the peer's own records. Nothing here touches the disk, the network or a clock.
//!
//! | Module | File or text |
//! | --- | --- |
//! | [`json`] | JSON as Go's `encoding/json` reads and writes it: the ground the others stand on |
//! | [`metadata`] | `metadata.json` of a package |
//! | [`connection`] | `connection.json`, in the package, in the build output and in the release |
//! | [`address`] | the `address` inside it |
//! | [`duration`] | Go durations such as `1m30s` |
//! | [`package_id`] | `label:hash`, and the folder names that a peer makes of it |
//! | [`index`] | CouchDB index definitions under `META-INF/statedb` |
//! | [`build_info`] | `build-info.json`, which a peer keeps beside a build |
//! | [`shim`] | the variables by which a chaincode runs as a server |

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
