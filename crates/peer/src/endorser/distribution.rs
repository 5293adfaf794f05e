//! Whether enough peers can receive the private data of a transaction (Fabric 3.1 `gossip/privdata/distributor.go`).
//!
//! All peers are in this process, and the commit distributes the data. So only the check is left.

use ccs_identity::MspId;
use ccs_ordering::ChaincodePolicies;
use ccs_proto::rwset::TxPvtReadWriteSet;

/// Checks that each written collection has its required number of other members with a peer.
pub(super) fn check<'p>(
    private: &TxPvtReadWriteSet,
    others: &[MspId],
    policies: impl Fn(&str) -> Option<std::sync::Arc<ChaincodePolicies>> + 'p,
) -> Result<(), String> {
    for set in &private.ns_pvt_rwset {
        let Some(policies) = policies(&set.namespace) else { continue };
        let written = set.collection_pvt_rwset.iter();
        for collection in written.filter_map(|written| policies.collection(&written.collection_name)) {
            let members = collection.members.organizations();
            let eligible = others.iter().filter(|other| members.contains(other)).count();
            let required = usize::try_from(collection.required_peer_count).unwrap_or_default();
            if eligible < required {
                return Err(format!(
                    "could not build private data dissemination plan for chaincode {} and collection {}: required to \
                     disseminate to at least {required} peers, but know of only {eligible} eligible peers",
                    set.namespace, collection.name
                ));
            }
        }
    }
    Ok(())
}
