//! `_lifecycle`: the system chaincode by which an organization installs packages, approves definitions, and commits them.
//!
//! ```text
//! proposal ─▶ access ─▶ scc ─▶ packages                     InstallChaincode, QueryInstalledChaincode(s), Get…Package
//!                        │
//!                        ├─▶ proposed, collections, rules ─▶ approval, record ─▶ simulation      Approve…, Commit…
//!                        └─▶ queries                                               QueryApproved…, QueryChaincode…
//! ```
//!
//! What is written goes the way of every transaction: it is endorsed, ordered, and validated under the channel's
//! `LifecycleEndorsement` policy, or under the `Endorsement` policy of the organization whose approval it is. Functions,
//! rules and texts are those of Fabric 3.1 `core/chaincode/lifecycle/{scc,lifecycle,externalfunctions,serializer}.go`.

mod access;
mod approval;
mod collections;
mod packages;
mod proposed;
mod queries;
pub(crate) mod record;
mod rules;
mod scc;

pub use packages::{InstallError, Installed, NoPackages, PackageStore};

pub(crate) use approval::Approval;
pub(crate) use scc::{Invocation, OnChannel, invoke};

/// The prefix of the collection that every organization has without defining it.
pub(crate) const IMPLICIT: &str = "_implicit_org_";

/// Names the collection that an organization has without defining it.
pub(crate) fn implicit_collection(organization: &str) -> String {
    format!("{IMPLICIT}{organization}")
}
