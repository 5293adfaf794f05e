//! Names of namespaces in the state: a chaincode's own, and two for each of its collections.
//!
//! Fabric 3.1 `core/ledger/kvledger/txmgmt/privacyenabledstate/db.go`.

/// What no namespace of a chaincode contains, so that none reaches into a collection.
const MARK: &str = "$$";

/// Names the namespace of a collection's values.
pub(crate) fn private(namespace: &str, collection: &str) -> String {
    format!("{namespace}{MARK}p{collection}")
}

/// Names the namespace of the hashes of a collection's keys and values.
pub(crate) fn hashed(namespace: &str, collection: &str) -> String {
    format!("{namespace}{MARK}h{collection}")
}

/// Tells whether a name is one that a chaincode may have.
pub(crate) fn is_public(namespace: &str) -> bool {
    !namespace.contains(MARK)
}
