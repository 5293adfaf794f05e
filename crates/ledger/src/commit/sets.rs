//! The read/write set of a transaction, decoded through all its levels.

use ccs_proto::kvrwset::{HashedRwSet, KvrwSet};
use ccs_proto::peer::TxValidationCode;
use ccs_proto::rwset::TxReadWriteSet;
use prost::Message;

use crate::namespace::Namespace;

/// What a transaction reads and writes.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) namespaces: Vec<NamespaceSet>,
}

/// What it reads and writes of a namespace.
#[derive(Debug)]
pub(super) struct NamespaceSet {
    pub(super) name: String,
    pub(super) public: KvrwSet,
    pub(super) collections: Vec<CollectionSet>,
}

/// What it reads and writes of a collection, as hashes.
#[derive(Debug)]
pub(super) struct CollectionSet {
    pub(super) name: String,
    pub(super) hashed: HashedRwSet,
    /// The hash of the private set.
    pub(super) private_hash: Vec<u8>,
}

impl Sets {
    /// Decodes a set, or says why the transaction is not valid.
    pub(super) fn decode(results: &TxReadWriteSet) -> Result<Self, TxValidationCode> {
        let bad = |_| TxValidationCode::BadRwset;
        let mut namespaces = Vec::new();
        for set in &results.ns_rwset {
            // A chaincode of such a name would write into the collections of another.
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
        Ok(Self { namespaces })
    }

    /// Finds a collection.
    pub(super) fn collection(&self, namespace: &str, collection: &str) -> Option<&CollectionSet> {
        let named = |set: &&NamespaceSet| set.name == namespace;
        let collections = self.namespaces.iter().filter(named).flat_map(|set| &set.collections);
        collections.into_iter().find(|set| set.name == collection)
    }
}
