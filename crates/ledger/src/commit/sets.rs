//! Decodes all levels of a transaction's read/write set.

use ccs_proto::kvrwset::{HashedRwSet, KvrwSet};
use ccs_proto::peer::TxValidationCode;
use ccs_proto::rwset::TxReadWriteSet;
use prost::Message;

use crate::namespace::Namespace;
use crate::tables::MAX_KEY_LENGTH;

/// Reads and writes of a transaction.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) namespaces: Vec<NamespaceSet>,
}

/// Reads and writes in a namespace.
#[derive(Debug)]
pub(super) struct NamespaceSet {
    pub(super) name: String,
    pub(super) public: KvrwSet,
    pub(super) collections: Vec<CollectionSet>,
}

/// Reads and writes in a collection, as hashes.
#[derive(Debug)]
pub(super) struct CollectionSet {
    pub(super) name: String,
    pub(super) hashed: HashedRwSet,
    /// Hash of the private set.
    pub(super) private_hash: Vec<u8>,
}

impl Sets {
    /// Decodes a set, or returns the code that makes the transaction invalid.
    pub(super) fn decode(results: &TxReadWriteSet) -> Result<Self, TxValidationCode> {
        let bad = |_| TxValidationCode::BadRwset;
        let mut namespaces = Vec::new();
        for set in &results.ns_rwset {
            // A chaincode with such a name could write into the collections of another one.
            if !matches!(Namespace::parse(&set.namespace), Some(Namespace::Public(_))) {
                return Err(TxValidationCode::IllegalWriteset);
            }
            let mut collections = Vec::new();
            for collection in &set.collection_hashed_rwset {
                collections.push(CollectionSet {
                    name: collection.collection_name.clone(),
                    hashed: HashedRwSet::decode(collection.hashed_rwset.as_slice()).map_err(bad)?,
                    private_hash: collection.pvt_rwset_hash.clone(),
                });
            }
            let public = KvrwSet::decode(set.rwset.as_slice()).map_err(bad)?;
            namespaces.push(NamespaceSet { name: set.namespace.clone(), public, collections });
        }
        if namespaces.iter().any(NamespaceSet::has_long_key) {
            return Err(TxValidationCode::IllegalWriteset);
        }
        Ok(Self { namespaces })
    }

    /// Returns a collection by name.
    pub(super) fn collection(&self, namespace: &str, collection: &str) -> Option<&CollectionSet> {
        let named = |set: &&NamespaceSet| set.name == namespace;
        let collections = self.namespaces.iter().filter(named).flat_map(|set| &set.collections);
        collections.into_iter().find(|set| set.name == collection)
    }
}

impl NamespaceSet {
    /// Returns whether the set writes a key that is too long for the state, or a namespace with such a name.
    fn has_long_key(&self) -> bool {
        let written = self.public.writes.iter().map(|write| write.key.len());
        let with_metadata = self.public.metadata_writes.iter().map(|write| write.key.len());
        let collections = self.collections.iter().flat_map(|collection| {
            let hashed = &collection.hashed;
            let written = hashed.hashed_writes.iter().map(|write| write.key_hash.len());
            let with_metadata = hashed.metadata_writes.iter().map(|write| write.key_hash.len());
            written.chain(with_metadata).chain([collection.name.len()])
        });
        let mut lengths = written.chain(with_metadata).chain(collections).chain([self.name.len()]);
        lengths.any(|length| length > MAX_KEY_LENGTH)
    }
}
