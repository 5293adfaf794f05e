//! `_lifecycle`: the system chaincode by which an organization installs packages, approves definitions, and commits them.
//!
//! ```text
//! proposal ─▶ access ─▶ scc ─▶ packages                     InstallChaincode, QueryInstalledChaincode(s), Get…Package
//!                        │
//!                        ├─▶ proposed, collections, rules ─▶ definition ─▶ simulation            Approve…, Commit…
//!                        └─▶ queries                                               QueryApproved…, QueryChaincode…
//! ```
//!
//! What is written goes the way of every transaction: it is endorsed, ordered, and validated under the channel's
//! `LifecycleEndorsement` policy, or under the `Endorsement` policy of the organization whose approval it is. Functions,
//! rules and texts are those of Fabric 3.1 `core/chaincode/lifecycle/{scc,lifecycle,externalfunctions,serializer}.go`.

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
