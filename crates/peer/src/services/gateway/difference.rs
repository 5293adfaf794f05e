//! Describes how the payloads of two endorsers differ, for the owner of the chaincode.

use std::collections::BTreeMap;
use std::fmt;

use ccs_proto::kvrwset::range_query_info::ReadsInfo;
use ccs_proto::kvrwset::{HashedRwSet, KvrwSet};
use ccs_proto::peer::{ChaincodeAction, ProposalResponsePayload};
use ccs_proto::rwset::TxReadWriteSet;
use prost::Message;

/// Maximum number of characters of a value that are shown.
const SHOWN: usize = 60;

/// First difference of two payloads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    text: String,
    /// Whether the endorsers have read other versions of the same keys.
    is_of_versions: bool,
}

impl Difference {
    /// Finds the first difference: in the writes, the reads, the response, the event, or the version of the chaincode.
    pub(super) fn find(one: &[u8], other: &[u8]) -> Self {
        let actions = [one, other].map(action);
        let [one, other] = &actions;
        let sets = [one, other].map(|action| sets(&action.results));
        let text = of_sets(&sets);
        let is_of_versions = text.is_some() && of_sets(&without_versions(sets)).is_none();
        let text = text.or_else(|| of_responses(one, other)).unwrap_or_else(|| {
            let what = if one.events == other.events { "versions of the chaincode" } else { "events" };
            format!("the {what} differ")
        });
        Self { text, is_of_versions }
    }

    /// Returns the next step for the owner of the chaincode.
    pub(super) fn hint(&self) -> &'static str {
        if self.is_of_versions {
            "another transaction was committed in between: try again"
        } else {
            "make the chaincode deterministic, and run the same one on every peer"
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn action(payload: &[u8]) -> ChaincodeAction {
    let payload = ProposalResponsePayload::decode(payload).unwrap_or_default();
    ChaincodeAction::decode(payload.extension.as_slice()).unwrap_or_default()
}

fn of_responses(one: &ChaincodeAction, other: &ChaincodeAction) -> Option<String> {
    let [a, b] = [one, other].map(|action| action.response.clone().unwrap_or_default());
    if a.payload != b.payload {
        Some(format!("the response is {} and {}", shown(&a.payload), shown(&b.payload)))
    } else if a.status != b.status {
        Some(format!("the status of the response is {} and {}", a.status, b.status))
    } else if a.message != b.message {
        let [a, b] = [a, b].map(|response| shown(response.message.as_bytes()));
        Some(format!("the message of the response is {a} and {b}"))
    } else {
        None
    }
}

/// Removes the versions from all reads.
fn without_versions(mut sets: [Sets; 2]) -> [Sets; 2] {
    for (public, collections) in sets.iter_mut().flat_map(BTreeMap::values_mut) {
        let in_ranges =
            public.range_queries_info.iter_mut().filter_map(|query| match &mut query.reads_info {
                Some(ReadsInfo::RawReads(reads)) => Some(&mut reads.kv_reads),
                _ => None,
            });
        let reads = public.reads.iter_mut().chain(in_ranges.flatten());
        reads.for_each(|read| read.version = None);
        let hashed = collections.values_mut().flat_map(|set| &mut set.hashed_reads);
        hashed.for_each(|read| read.version = None);
    }
    sets
}

fn of_sets([one, other]: &[Sets; 2]) -> Option<String> {
    for namespace in one.keys().chain(other.keys()) {
        let [(a, a_collections), (b, b_collections)] =
            [one, other].map(|sets| sets.get(namespace).cloned().unwrap_or_default());
        if let Some((key, [a, b])) = of_writes(&a, &b) {
            return Some(format!("the write of key {key:?} in namespace {namespace} is {a} and {b}"));
        }
        if a.metadata_writes != b.metadata_writes {
            return Some(format!("the written metadata of keys in namespace {namespace} differs"));
        }
        if a != b {
            return Some(format!("the reads in namespace {namespace} differ"));
        }
        if a_collections != b_collections {
            return Some(format!("the private data in namespace {namespace} differs"));
        }
    }
    None
}
/// Returns the first key whose writes differ, with both of them.
fn of_writes(one: &KvrwSet, other: &KvrwSet) -> Option<(String, [String; 2])> {
    let [one, other] = [one, other].map(|set| -> BTreeMap<_, _> {
        set.writes.iter().map(|write| (&write.key, (write.is_delete, &write.value))).collect()
    });
    let key = one.keys().chain(other.keys()).find(|key| one.get(*key) != other.get(*key))?;
    let written = [&one, &other].map(|writes| match writes.get(key) {
        Some((false, value)) => shown(value),
        Some((true, _)) => "a deletion".to_owned(),
        None => "nothing".to_owned(),
    });
    Some(((*key).clone(), written))
}

/// Public set, and sets of the collections by name, by namespace.
type Sets = BTreeMap<String, (KvrwSet, BTreeMap<String, HashedRwSet>)>;

fn sets(results: &[u8]) -> Sets {
    let sets = TxReadWriteSet::decode(results).unwrap_or_default().ns_rwset.into_iter();
    sets.map(|set| {
        let public = KvrwSet::decode(set.rwset.as_slice()).unwrap_or_default();
        let collections = set.collection_hashed_rwset.into_iter().map(|set| {
            let hashed = HashedRwSet::decode(set.hashed_rwset.as_slice()).unwrap_or_default();
            (set.collection_name, hashed)
        });
        (set.namespace, (public, collections.collect()))
    })
    .collect()
}

fn shown(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}

#[cfg(test)]
mod tests {
    use ccs_proto::kvrwset::{KvMetadataWrite, KvRead, KvWrite, Version};
    use ccs_proto::peer::Response;
    use ccs_proto::rwset::NsReadWriteSet;

    use super::*;

    fn payload(set: &KvrwSet, response: Response, events: &[u8]) -> Vec<u8> {
        let namespace = NsReadWriteSet {
            namespace: "basic".to_owned(),
            rwset: set.encode_to_vec(),
            ..NsReadWriteSet::default()
        };
        let action = ChaincodeAction {
            results: TxReadWriteSet { data_model: 0, ns_rwset: vec![namespace] }.encode_to_vec(),
            events: events.to_vec(),
            response: Some(response),
            ..ChaincodeAction::default()
        };
        ProposalResponsePayload { extension: action.encode_to_vec(), ..ProposalResponsePayload::default() }
            .encode_to_vec()
    }

    fn read(key: &str, block_num: u64) -> KvRead {
        KvRead { key: key.to_owned(), version: Some(Version { block_num, tx_num: 0 }) }
    }

    #[test]
    fn each_part_is_compared_by_itself() {
        let ok = || Response { status: 200, ..Response::default() };
        let of_set = |set: &KvrwSet| payload(set, ok(), b"");
        let empty = KvrwSet::default();
        let write = |is_delete| KvrwSet {
            writes: vec![KvWrite { key: "a".to_owned(), is_delete, value: Vec::new() }],
            ..KvrwSet::default()
        };
        let reads = |reads: &[KvRead]| KvrwSet { reads: reads.to_vec(), ..KvrwSet::default() };
        let metadata = KvMetadataWrite { key: "a".to_owned(), ..KvMetadataWrite::default() };
        let metadata = KvrwSet { metadata_writes: vec![metadata], ..KvrwSet::default() };
        let status = payload(&empty, Response { status: 201, ..ok() }, b"");
        let message = payload(&empty, Response { message: "hi".to_owned(), ..ok() }, b"");
        let change = "make the chaincode deterministic, and run the same one on every peer";
        let again = "another transaction was committed in between: try again";
        for (one, other, text, hint) in [
            (
                of_set(&write(true)),
                of_set(&write(false)),
                "the write of key \"a\" in namespace basic is a deletion and \"\"",
                change,
            ),
            (
                of_set(&metadata),
                of_set(&empty),
                "the written metadata of keys in namespace basic differs",
                change,
            ),
            (
                of_set(&reads(&[read("a", 1)])),
                of_set(&reads(&[read("b", 1)])),
                "the reads in namespace basic differ",
                change,
            ),
            (
                of_set(&reads(&[read("a", 1)])),
                of_set(&reads(&[read("a", 2)])),
                "the reads in namespace basic differ",
                again,
            ),
            (of_set(&empty), status, "the status of the response is 200 and 201", change),
            (of_set(&empty), message, "the message of the response is \"\" and \"hi\"", change),
            (of_set(&empty), payload(&empty, ok(), b"e"), "the events differ", change),
            (of_set(&empty), of_set(&empty), "the versions of the chaincode differ", change),
        ] {
            let found = Difference::find(&one, &other);
            assert_eq!((found.to_string().as_str(), found.hint()), (text, hint));
        }
    }
}
