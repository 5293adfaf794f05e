//! Layouts: the combinations of peers whose endorsements satisfy the policies of a transaction.
//!
//! The gateway and the discovery service ask the same question: which peers must endorse a transaction that calls these
//! chaincodes, and writes these collections and keys? [`ChannelView::endorsers`] answers it as Fabric 3.1
//! `discovery/endorsement` and `common/policies/inquire` do. Each principal of the policies becomes a [`Group`] of the
//! peers that match it. A [`Layout`] is a number of peers for some of the groups, which together suffice.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `view` | the input: chaincodes and peers of a channel |
//! | `filter` | the peers that may endorse, by the member policies of collections |
//! | `policies` | the policies that a transaction must satisfy |
//! | `principals`, `requirement` | a combination of principals as numbers that can be added, joined and compared |
//! | `expand` | all combinations that satisfy a policy, or several policies at once |
//! | `endorsers` | groups and layouts |
//!
//! Everything is a pure function. Policies may come from a client, so [`MAX_INTEREST_IN_BYTES`], [`MAX_COMBINATIONS`] and
//! limits on the work bound memory and time. Two results differ from Fabric's. The order of layouts and the numbers of groups are always
//! the same. The combinations for several policies are complete and contain no superfluous principal, where Fabric
//! may lose one or keep one.

mod endorsers;
mod error;
mod expand;
mod filter;
mod policies;
mod principals;
mod requirement;
mod view;

pub use endorsers::{Endorsers, Group, Layout};
pub use error::{LayoutError, MAX_INTEREST_IN_BYTES};
pub use expand::MAX_COMBINATIONS;
pub use view::{Chaincode, ChannelView, Collection, Endorser};
