//! Describes how the payloads of two endorsers differ, for the owner of the chaincode.

use std::collections::BTreeMap;

use ccs_proto::kvrwset::KvrwSet;
use ccs_proto::peer::{ChaincodeAction, ProposalResponsePayload};
use ccs_proto::rwset::TxReadWriteSet;
use prost::Message;

/// Maximum number of characters of a value that are shown.
const SHOWN: usize = 60;

/// Returns the first difference of two payloads: in the writes, the reads, the response or the event.
pub(super) fn difference(one: &[u8], other: &[u8]) -> String {
    let [one, other] = [one, other].map(action);
    let found = difference_of_sets(&one.results, &other.results);
    found.unwrap_or_else(|| {
        let [a, b] = [&one, &other].map(|action| action.response.clone().unwrap_or_default());
        if a != b {
            return format!("the response is {} and {}", shown(&a.payload), shown(&b.payload));
        }
        if one.events != other.events {
            return "the event is another".to_owned();
        }
        "the chaincode has another version".to_owned()
    })
}

fn action(payload: &[u8]) -> ChaincodeAction {
    let payload = ProposalResponsePayload::decode(payload).unwrap_or_default();
    ChaincodeAction::decode(payload.extension.as_slice()).unwrap_or_default()
}

fn difference_of_sets(one: &[u8], other: &[u8]) -> Option<String> {
    let [one, other] = [one, other].map(sets);
    let names = one.keys().chain(other.keys());
    for namespace in names {
        let [(a, a_collections), (b, b_collections)] =
            [&one, &other].map(|sets| sets.get(namespace).cloned().unwrap_or_default());
        let writes = |set: &KvrwSet| -> BTreeMap<String, Vec<u8>> {
            set.writes.iter().map(|write| (write.key.clone(), write.value.clone())).collect()
        };
        let (a_writes, b_writes) = (writes(&a), writes(&b));
        let mut keys = a_writes.keys().chain(b_writes.keys());
        if let Some(key) = keys.find(|key| a_writes.get(*key) != b_writes.get(*key)) {
            let value = |writes: &BTreeMap<String, Vec<u8>>| {
                writes.get(key).map_or_else(|| "nothing".to_owned(), |value| shown(value))
            };
            let (a, b) = (value(&a_writes), value(&b_writes));
            return Some(format!("the write of key {key:?} in namespace {namespace} is {a} and {b}"));
        }
        if a != b {
            return Some(format!("the reads in namespace {namespace} are others"));
        }
        if a_collections != b_collections {
            return Some(format!("the private data in namespace {namespace} is another"));
        }
    }
    None
}

/// Public set and encoded sets of the collections, by namespace.
type Sets = BTreeMap<String, (KvrwSet, Vec<Vec<u8>>)>;

fn sets(results: &[u8]) -> Sets {
    let sets = TxReadWriteSet::decode(results).unwrap_or_default().ns_rwset.into_iter();
    sets.map(|set| {
        let public = KvrwSet::decode(set.rwset.as_slice()).unwrap_or_default();
        let collections = set.collection_hashed_rwset.iter().map(Message::encode_to_vec).collect();
        (set.namespace, (public, collections))
    })
    .collect()
}

fn shown(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}
