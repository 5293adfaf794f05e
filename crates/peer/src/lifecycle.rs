//! `_lifecycle`: the system chaincode with which an organization installs packages, approves definitions, and commits
//! them.
//!
//! ```text
//! proposal ─▶ access ─▶ scc ─▶ packages                     InstallChaincode, QueryInstalledChaincode(s), Get…Package
//!                        │
//!                        ├─▶ proposed, collections, rules ─▶ definition ─▶ simulation            Approve…, Commit…
//!                        └─▶ queries                                               QueryApproved…, QueryChaincode…
//! ```
//!
//! Writes take the path of every transaction: they are endorsed, ordered, and validated under the channel's
//! `LifecycleEndorsement` policy, or, for an approval, under the `Endorsement` policy of the approving organization.
//! Functions, rules and texts are those of Fabric 3.1
//! `core/chaincode/lifecycle/{scc,lifecycle,externalfunctions,serializer}.go`.

mod access;
mod call;
mod collections;
mod proposed;
mod queries;
mod rules;
mod scc;

pub use crate::packages::{InstallError, Installed, NoPackages, PackageStore};
pub(crate) use call::{LifecycleCall, OnChannel};
pub(crate) use scc::invoke;
