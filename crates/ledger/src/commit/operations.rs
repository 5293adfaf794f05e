//! Operations of a valid transaction on each key: changes of its value, its metadata, or both.

use std::collections::BTreeMap;

use ccs_proto::kvrwset::KvMetadataEntry;

use super::sets::Sets;
use super::updates::{Update, View};
use crate::error::LedgerError;
use crate::metadata;
use crate::namespace;
use crate::version::Version;

/// Operation of a transaction on a key.
#[derive(Debug, Default)]
struct Operation {
    value: Value,
    /// New metadata, if the transaction writes some.
    metadata: Option<Vec<u8>>,
}

/// Operation on the value of a key.
#[derive(Debug, Default)]
enum Value {
    #[default]
    Kept,
    Put(Vec<u8>),
    Deleted,
}

/// Operations by namespace and key.
type Operations = BTreeMap<(String, Vec<u8>), Operation>;

/// Adds the writes of a transaction to the block's changes. Private writes are added as hashes.
pub(super) fn apply(sets: &Sets, version: Version, view: &mut View<'_, '_>) -> Result<(), LedgerError> {
    for ((namespace, key), operation) in operations(sets) {
        if let Some(update) = update(operation, version, view, (&namespace, &key))? {
            view.set(&namespace, key, update);
        }
    }
    Ok(())
}

fn operations(sets: &Sets) -> Operations {
    let mut operations = Operations::new();
    for set in &sets.namespaces {
        for write in &set.public.writes {
            let at = (set.name.clone(), write.key.clone().into_bytes());
            operations.entry(at).or_default().value = Value::new(write.is_delete, &write.value);
        }
        for write in &set.public.metadata_writes {
            let at = (set.name.clone(), write.key.clone().into_bytes());
            operations.entry(at).or_default().metadata = Some(encoded(&write.entries));
        }
        for collection in &set.collections {
            let namespace = namespace::hashed(&set.name, &collection.name);
            for write in &collection.hashed.hashed_writes {
                let at = (namespace.clone(), write.key_hash.clone());
                operations.entry(at).or_default().value = Value::new(write.is_delete, &write.value_hash);
            }
            for write in &collection.hashed.metadata_writes {
                let at = (namespace.clone(), write.key_hash.clone());
                operations.entry(at).or_default().metadata = Some(encoded(&write.entries));
            }
        }
    }
    operations
}

impl Value {
    /// Decodes a write. An empty value deletes the key.
    fn new(is_delete: bool, value: &[u8]) -> Self {
        if is_delete || value.is_empty() { Self::Deleted } else { Self::Put(value.to_vec()) }
    }
}

fn encoded(entries: &[KvMetadataEntry]) -> Vec<u8> {
    metadata::encode(entries.to_vec())
}

/// Completes an operation with the unchanged parts. Drops metadata for a key that does not exist.
fn update(
    operation: Operation,
    version: Version,
    view: &View<'_, '_>,
    (namespace, key): (&str, &[u8]),
) -> Result<Option<Update>, LedgerError> {
    Ok(match (operation.value, operation.metadata) {
        (Value::Deleted, _) => Some(Update::delete(version)),
        (Value::Put(value), Some(metadata)) => Some(Update { version, value: Some(value), metadata }),
        (Value::Put(value), None) => {
            let metadata = view.latest_metadata(namespace, key)?.unwrap_or_default();
            Some(Update { version, value: Some(value), metadata })
        }
        (Value::Kept, metadata) => view.latest(namespace, key)?.map(|entry| Update {
            version,
            value: Some(entry.value),
            metadata: metadata.unwrap_or_default(),
        }),
    })
}
