//! The private data of a transaction at its commit: which sets belong to it, and which peers may store them.

use ccs_ledger::Content;
use ccs_proto::rwset::{
    CollectionPvtReadWriteSet, NsPvtReadWriteSet, NsReadWriteSet, TxPvtReadWriteSet, TxReadWriteSet,
};
use sha2::{Digest, Sha256};

/// Private sets of a transaction, each with its namespace.
#[derive(Debug, Default, PartialEq)]
pub(super) struct PrivateSets(Vec<(String, CollectionPvtReadWriteSet)>);

impl PrivateSets {
    /// Finds the sets whose hashes are in the read/write set, among the sets that the endorsing peers have kept.
    pub(super) fn find(results: &TxReadWriteSet, kept: &[TxPvtReadWriteSet]) -> Self {
        let find = |namespace: &NsReadWriteSet| {
            let hashed = namespace.collection_hashed_rwset.iter();
            let sets = hashed.filter_map(|hashed| {
                let of_collection = kept.iter().flat_map(sets).filter(|(name, set)| {
                    *name == namespace.namespace && set.collection_name == hashed.collection_name
                });
                let mut matching = of_collection
                    .filter(|(_, set)| Sha256::digest(&set.rwset)[..] == hashed.pvt_rwset_hash[..]);
                matching.next().map(|(name, set)| (name.to_owned(), set.clone()))
            });
            sets.collect::<Vec<_>>()
        };
        Self(results.ns_rwset.iter().flat_map(find).collect())
    }

    /// Returns the sets of the collections that a peer may store, by namespace and collection; [`None`] if there are
    /// none.
    pub(super) fn of_member(&self, is_member: impl Fn(&str, &str) -> bool) -> Option<TxPvtReadWriteSet> {
        let mut namespaces: Vec<NsPvtReadWriteSet> = Vec::new();
        for (namespace, set) in self.0.iter().filter(|(name, set)| is_member(name, &set.collection_name)) {
            match namespaces.last_mut().filter(|last| last.namespace == *namespace) {
                Some(last) => last.collection_pvt_rwset.push(set.clone()),
                None => namespaces.push(NsPvtReadWriteSet {
                    namespace: namespace.clone(),
                    collection_pvt_rwset: vec![set.clone()],
                }),
            }
        }
        (!namespaces.is_empty()).then_some(TxPvtReadWriteSet { data_model: 0, ns_pvt_rwset: namespaces })
    }
}

fn sets(kept: &TxPvtReadWriteSet) -> impl Iterator<Item = (&str, &CollectionPvtReadWriteSet)> {
    let namespaces = kept.ns_pvt_rwset.iter();
    namespaces.flat_map(|set| set.collection_pvt_rwset.iter().map(|one| (set.namespace.as_str(), one)))
}

/// Returns the content of a transaction with other private data.
pub(super) fn with_private(content: &Content, private: Option<TxPvtReadWriteSet>) -> Content {
    match content {
        Content::Endorsed { results, .. } => Content::Endorsed { results: results.clone(), private },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use ccs_proto::rwset::CollectionHashedReadWriteSet;

    use super::*;

    fn private(content: &[(&str, &str, &str)]) -> TxPvtReadWriteSet {
        let namespace = |(namespace, collection, rwset): &(&str, &str, &str)| NsPvtReadWriteSet {
            namespace: (*namespace).to_owned(),
            collection_pvt_rwset: vec![CollectionPvtReadWriteSet {
                collection_name: (*collection).to_owned(),
                rwset: rwset.as_bytes().to_vec(),
            }],
        };
        TxPvtReadWriteSet { data_model: 0, ns_pvt_rwset: content.iter().map(namespace).collect() }
    }

    fn public(namespace: &str, collections: &[(&str, &str)]) -> NsReadWriteSet {
        let hashed = |(collection, rwset): &(&str, &str)| CollectionHashedReadWriteSet {
            collection_name: (*collection).to_owned(),
            hashed_rwset: Vec::new(),
            pvt_rwset_hash: Sha256::digest(rwset).to_vec(),
        };
        NsReadWriteSet {
            namespace: namespace.to_owned(),
            rwset: Vec::new(),
            collection_hashed_rwset: collections.iter().map(hashed).collect(),
        }
    }

    #[test]
    fn each_set_comes_from_an_endorser_whose_set_has_the_hash_in_the_block() {
        let results = TxReadWriteSet {
            data_model: 0,
            ns_rwset: vec![
                public("cc", &[("a", "1"), ("b", "2"), ("lost", "3")]),
                public("other", &[("a", "4")]),
            ],
        };
        let kept = [
            private(&[("cc", "a", "forged"), ("cc", "b", "2"), ("cc", "unknown", "1")]),
            private(&[("other", "a", "4"), ("cc", "a", "1")]),
        ];
        let found = PrivateSets::find(&results, &kept);
        let all = found.of_member(|_, _| true).unwrap();
        let namespaces: Vec<_> = all.ns_pvt_rwset.iter().map(|set| set.namespace.as_str()).collect();
        assert_eq!(namespaces, ["cc", "other"]);
        let of_cc: Vec<_> =
            all.ns_pvt_rwset[0].collection_pvt_rwset.iter().map(|set| &set.rwset[..]).collect();
        assert_eq!(of_cc, [b"1", b"2"]);
        assert_eq!(
            found.of_member(|namespace, _| namespace == "other"),
            Some(private(&[("other", "a", "4")]))
        );
        assert_eq!(found.of_member(|_, collection| collection == "b"), Some(private(&[("cc", "b", "2")])));
        assert_eq!(found.of_member(|_, _| false), None);
        assert_eq!(PrivateSets::find(&results, &[]), PrivateSets::default());
    }
}
