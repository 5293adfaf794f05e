//! The interest of a simulated transaction: what a gateway must know to find the other endorsers (Fabric 3.1
//! `core/endorser/endorser.go`).

use std::collections::BTreeSet;

use ccs_channel::LIFECYCLE;
use ccs_ledger::{LedgerError, Results};
use ccs_ordering::validation::{StateKey, View};
use ccs_proto::common::SignaturePolicyEnvelope;
use ccs_proto::kvrwset::{HashedRwSet, KvrwSet};
use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};
use ccs_proto::rwset::NsReadWriteSet;
use prost::Message;

/// Keys that a transaction writes in one place, by the policies that protect them.
#[derive(Debug, Default)]
struct Written {
    /// Policies of keys that have one, each once.
    policies: Vec<SignaturePolicyEnvelope>,
    /// Whether a key without a policy is written.
    has_others: bool,
}

impl Written {
    fn read(keys: impl Iterator<Item = StateKey>, view: &impl View) -> Result<Self, LedgerError> {
        let mut written = Self::default();
        for key in keys.collect::<BTreeSet<_>>() {
            let policy = view.key_policy(&key)?;
            match policy.map(|policy| SignaturePolicyEnvelope::decode(policy.as_slice())) {
                Some(Ok(policy)) if !written.policies.contains(&policy) => written.policies.push(policy),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => written.has_others = true,
            }
        }
        Ok(written)
    }

    fn is_empty(&self) -> bool {
        self.policies.is_empty() && !self.has_others
    }

    fn call(self, chaincode: &str) -> ChaincodeCall {
        ChaincodeCall {
            name: chaincode.to_owned(),
            disregard_namespace_policy: !self.policies.is_empty() && !self.has_others,
            key_policies: self.policies,
            ..ChaincodeCall::default()
        }
    }
}

/// Returns the calls that the policies of a transaction depend on: one for each chaincode whose public state it writes,
/// or in which it writes nothing; and one for each collection whose values it reads or writes.
pub(super) fn interest(results: &Results, view: &impl View) -> Result<ChaincodeInterest, LedgerError> {
    let mut chaincodes = Vec::new();
    let mut collections = results.private_reads.clone();
    let mut written = Vec::new();
    for set in &results.public.ns_rwset {
        let mut writes_collections = false;
        for collection in &set.collection_hashed_rwset {
            let place = (set.namespace.clone(), collection.collection_name.clone());
            let hashed = HashedRwSet::decode(collection.hashed_rwset.as_slice()).unwrap_or_default();
            let values = hashed.hashed_writes.into_iter().map(|write| write.key_hash);
            let metadata = hashed.metadata_writes.into_iter().map(|write| write.key_hash);
            let keys = values.chain(metadata).map(|key| StateKey {
                namespace: place.0.clone(),
                collection: Some(place.1.clone()),
                key,
            });
            let keys = Written::read(keys, view)?;
            if !keys.is_empty() {
                writes_collections = true;
                collections.insert(place.clone());
                written.push((place, keys));
            }
        }
        let public = public_writes(set, view)?;
        let is_called = !public.is_empty() || !writes_collections;
        if is_called && set.namespace != LIFECYCLE {
            chaincodes.push(public.call(&set.namespace));
        }
    }
    for place in collections.into_iter().filter(|(namespace, _)| namespace != LIFECYCLE) {
        let position = written.iter().position(|(written, _)| *written == place);
        let keys = position.map(|position| written.swap_remove(position).1).unwrap_or_default();
        let no_private_reads = !results.private_reads.contains(&place);
        let (chaincode, collection) = place;
        let call = keys.call(&chaincode);
        chaincodes.push(ChaincodeCall { collection_names: vec![collection], no_private_reads, ..call });
    }
    Ok(ChaincodeInterest { chaincodes })
}

fn public_writes(set: &NsReadWriteSet, view: &impl View) -> Result<Written, LedgerError> {
    let public = KvrwSet::decode(set.rwset.as_slice()).unwrap_or_default();
    let values = public.writes.into_iter().map(|write| write.key);
    let keys = values.chain(public.metadata_writes.into_iter().map(|write| write.key));
    let keys = keys.map(|key| StateKey {
        namespace: set.namespace.clone(),
        collection: None,
        key: key.into_bytes(),
    });
    Written::read(keys, view)
}
