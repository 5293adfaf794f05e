//! The metadata of a key, as it is written and stored.
//!
//! Fabric 3.1 `core/ledger/kvledger/txmgmt/statemetadata`.

use std::collections::BTreeMap;

use ccs_proto::kvrwset::{KvMetadataEntry, KvMetadataWrite};
use prost::Message;

use crate::error::LedgerError;

/// Values by their names, such as the policy of an endorsement by key.
pub type Metadata = BTreeMap<String, Vec<u8>>;

/// Returns the entries in the order of their names.
pub(crate) fn entries(metadata: &Metadata) -> Vec<KvMetadataEntry> {
    let entry =
        |(name, value): (&String, &Vec<u8>)| KvMetadataEntry { name: name.clone(), value: value.clone() };
    metadata.iter().map(entry).collect()
}

/// Encodes entries for the state; none are no bytes.
pub(crate) fn encode(entries: Vec<KvMetadataEntry>) -> Vec<u8> {
    KvMetadataWrite { key: String::new(), entries }.encode_to_vec()
}

/// Decodes what the state holds.
pub(crate) fn decode(bytes: &[u8]) -> Result<Metadata, LedgerError> {
    let write =
        KvMetadataWrite::decode(bytes).map_err(|error| LedgerError::damaged("metadata of a key", &error))?;
    Ok(write.entries.into_iter().map(|entry| (entry.name, entry.value)).collect())
}
