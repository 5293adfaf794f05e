//! Checks the writes of a transaction: they must be readable, and belong to defined chaincodes.

use std::collections::{BTreeMap, BTreeSet};

use ccs_channel::LIFECYCLE;
use ccs_proto::common::ChannelHeader;
use ccs_proto::kvrwset::{HashedRwSet, KvrwSet};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEvent, ChaincodeHeaderExtension,
    ProposalResponsePayload, Transaction, TxValidationCode as Code,
};
use ccs_proto::rwset::{NsReadWriteSet, TxReadWriteSet};
use prost::{DecodeError, Message};

use super::envelope::Action;
use super::{StateKey, ValidationContext};

/// Action with a decoded read/write set.
pub(super) struct Checked {
    pub(super) results: TxReadWriteSet,
    /// Keys written in each namespace; always contains the namespace of the called chaincode.
    pub(super) writes: BTreeMap<String, BTreeSet<StateKey>>,
    pub(super) changed_policies: Vec<StateKey>,
}

/// Decodes the actions of a transaction in a block, without any checks.
pub fn written_actions(transaction: &[u8]) -> Result<Vec<ChaincodeAction>, DecodeError> {
    let actions = Transaction::decode(transaction)?.actions.into_iter();
    actions
        .map(|action| {
            let payload = ChaincodeActionPayload::decode(action.payload.as_slice())?;
            let response = payload.action.unwrap_or_default().proposal_response_payload;
            let extension = ProposalResponsePayload::decode(response.as_slice())?.extension;
            ChaincodeAction::decode(extension.as_slice())
        })
        .collect()
}

/// Checks an action.
pub(super) fn check(
    header: &ChannelHeader,
    action: &Action,
    context: &ValidationContext<'_>,
) -> Result<Checked, Code> {
    let extension = ChaincodeHeaderExtension::decode(header.extension.as_slice());
    let extension = extension.map_err(|_| Code::BadHeaderExtension)?;
    let action = ChaincodeAction::decode(action.response.extension.as_slice());
    let action = action.map_err(|_| Code::BadResponsePayload)?;
    let results = TxReadWriteSet::decode(action.results.as_slice()).map_err(|_| Code::BadRwset)?;
    let sets = results.ns_rwset.iter().map(Writes::read).collect::<Result<Vec<_>, _>>();
    let sets = sets.map_err(|_| Code::BadRwset)?;

    let called = extension.chaincode_id.ok_or(Code::InvalidOtherReason)?.name;
    let endorsed = action.chaincode_id.ok_or(Code::InvalidOtherReason)?;
    if called.is_empty() || endorsed.name != called || endorsed.version.is_empty() {
        return Err(Code::InvalidChaincode);
    }
    check_event(&action.events, &called)?;

    let mut checked =
        Checked { results: TxReadWriteSet::default(), writes: BTreeMap::new(), changed_policies: Vec::new() };
    checked.writes.insert(called, BTreeSet::new());
    let mut namespaces = BTreeSet::new();
    for (set, writes) in results.ns_rwset.iter().zip(sets) {
        if !namespaces.insert(&set.namespace) {
            return Err(Code::IllegalWriteset);
        }
        if !writes.keys.is_empty() {
            checked.writes.entry(set.namespace.clone()).or_default().extend(writes.keys);
        }
        checked.changed_policies.extend(writes.policies);
    }
    if !checked.writes.keys().all(|namespace| is_defined(namespace, context)) {
        return Err(Code::InvalidChaincode);
    }
    Ok(Checked { results, ..checked })
}

fn check_event(event: &[u8], chaincode: &str) -> Result<(), Code> {
    if event.is_empty() {
        return Ok(());
    }
    let event = ChaincodeEvent::decode(event).map_err(|_| Code::InvalidOtherReason)?;
    if event.chaincode_id == chaincode { Ok(()) } else { Err(Code::InvalidOtherReason) }
}

fn is_defined(namespace: &str, context: &ValidationContext<'_>) -> bool {
    namespace == LIFECYCLE || context.view.policies(namespace).is_some()
}

/// Keys that a set writes in a namespace.
struct Writes {
    keys: Vec<StateKey>,
    /// Keys whose metadata the set writes.
    policies: Vec<StateKey>,
}

impl Writes {
    fn read(set: &NsReadWriteSet) -> Result<Self, DecodeError> {
        let mut writes = Self { keys: Vec::new(), policies: Vec::new() };
        let public = KvrwSet::decode(set.rwset.as_slice())?;
        let key = |key: String| StateKey {
            namespace: set.namespace.clone(),
            collection: None,
            key: key.into_bytes(),
        };
        writes.keys.extend(public.writes.into_iter().map(|write| key(write.key)));
        writes.policies.extend(public.metadata_writes.into_iter().map(|write| key(write.key)));
        for collection in &set.collection_hashed_rwset {
            let hashed = HashedRwSet::decode(collection.hashed_rwset.as_slice())?;
            let key = |key: Vec<u8>| StateKey {
                namespace: set.namespace.clone(),
                collection: Some(collection.collection_name.clone()),
                key,
            };
            writes.keys.extend(hashed.hashed_writes.into_iter().map(|write| key(write.key_hash)));
            writes.policies.extend(hashed.metadata_writes.into_iter().map(|write| key(write.key_hash)));
        }
        writes.keys.extend_from_slice(&writes.policies);
        Ok(writes)
    }
}
