//! What a peer keeps below `peer.fileSystemPath`, and the commands that change it: `ccs rebind` and `ccs prune`.
//!
//! ```text
//! lifecycle/chaincodes/LABEL.HASH.tar.gz        an installed package
//! externalbuilder/builds/LABEL-HASH/            its build, by an external builder
//!     build-info.json                           the name of the builder
//!     bld/                                      the output of its program build
//!     release/chaincode/server/connection.json  how the peer dials the chaincode
//! ledgersData/fileLock/LOCK                     locked while a peer uses the volume
//! ```
//!
//! | Module | Contents |
//! | --- | --- |
//! | [`place`] | open folders, in which no link is followed |
//! | [`builds`], [`packages`] | the builds and packages of a volume |
//! | [`lock`] | the locks: no peer runs, no other command changes the builds |
//! | [`rebind`] | changes the connection.json of a build |
//! | [`secret`] | certificates from the folder of a Kubernetes Secret |
//! | [`definitions`] | the packages that definitions refer to, from the output of the command `peer` |
//! | `installed` | an element of the list that `queryinstalled` prints |
//! | [`prune`] | finds and deletes unused builds and packages |
//! | [`error`] | why a command fails |
//!
//! Names that a peer does not write are reported and never touched. Every read has a limit.

pub mod builds;
pub mod definitions;
pub mod error;
mod installed;
pub mod lock;
pub mod packages;
pub mod place;
pub mod prune;
pub mod rebind;
pub mod secret;

pub use error::Error;
pub use installed::InstalledPackage;
