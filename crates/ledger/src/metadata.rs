//! Encodes and decodes the metadata of a key.
//!
//! Fabric 3.1 `core/ledger/kvledger/txmgmt/statemetadata`.

use std::collections::BTreeMap;

use ccs_proto::kvrwset::{KvMetadataEntry, KvMetadataWrite};
use prost::Message;

use crate::error::LedgerError;

/// Values by name, such as a key's endorsement policy.
pub type Metadata = BTreeMap<String, Vec<u8>>;

/// Returns the entries, sorted by name.
pub(crate) fn entries(metadata: &Metadata) -> Vec<KvMetadataEntry> {
    let entry =
        |(name, value): (&String, &Vec<u8>)| KvMetadataEntry { name: name.clone(), value: value.clone() };
    metadata.iter().map(entry).collect()
}

/// Encodes entries for the state. Without entries, the result is empty.
pub(crate) fn encode(entries: Vec<KvMetadataEntry>) -> Vec<u8> {
    KvMetadataWrite { key: String::new(), entries }.encode_to_vec()
}

/// Decodes metadata from the state.
pub(crate) fn decode(bytes: &[u8]) -> Result<Metadata, LedgerError> {
    let write =
        KvMetadataWrite::decode(bytes).map_err(|error| LedgerError::damaged("metadata of a key", &error))?;
    Ok(write.entries.into_iter().map(|entry| (entry.name, entry.value)).collect())
}
