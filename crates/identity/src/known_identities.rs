//! Cache of identities that have signed, so that each certificate is validated only once.
//!
//! An identity is added only after one of its signatures was verified: certificates are public, and appending bytes
//! to the PEM text creates another creator with the same certificate. The key is the hash of the creator, and the
//! total size is limited.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use sha2::{Digest as _, Sha256};

use crate::identity::Identity;

/// Limit on the total size of the cached creators: about four thousand clients with certificates of 1 KiB. Their
/// parsed certificates take up to three times as much memory in addition.
const BUDGET_IN_BYTES: usize = 4 << 20;

/// Hash of a creator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct CreatorId([u8; 32]);

impl CreatorId {
    fn new(creator: &[u8]) -> Self {
        Self(Sha256::digest(creator).into())
    }
}

#[derive(Debug)]
pub(crate) struct KnownIdentities(Mutex<Known>);

#[derive(Debug)]
struct Known {
    identities: LruCache<CreatorId, Arc<Identity>>,
    /// Total length of all creators.
    bytes: usize,
}

impl KnownIdentities {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Known { identities: LruCache::unbounded(), bytes: 0 }))
    }

    /// Returns the identity of a creator that has signed recently.
    pub(crate) fn get(&self, creator: &[u8]) -> Option<Arc<Identity>> {
        self.lock().identities.get(&CreatorId::new(creator)).cloned()
    }

    /// Adds an identity, and evicts the least recently used ones when the limit is exceeded.
    pub(crate) fn insert(&self, identity: &Arc<Identity>) {
        let id = CreatorId::new(identity.creator());
        let mut known = self.lock();
        if known.identities.contains(&id) {
            return;
        }
        known.bytes += identity.creator().len();
        known.identities.put(id, Arc::clone(identity));
        while known.bytes > BUDGET_IN_BYTES {
            let Some((_, oldest)) = known.identities.pop_lru() else { break };
            known.bytes -= oldest.creator().len();
        }
    }

    /// Locks the cache, for lookups and inserts only. Do not await while holding the lock.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of cached identities and the total length of their creators.
    #[cfg(test)]
    fn size(&self) -> (usize, usize) {
        let known = self.lock();
        (known.identities.len(), known.bytes)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::certificate::Certificate;
    use crate::role::Role;

    #[test]
    fn the_oldest_identities_are_forgotten_when_their_bytes_are_too_many() {
        let key = KeyPair::generate().unwrap();
        let pem = CertificateParams::default().self_signed(&key).unwrap().pem();
        let certificate = Certificate::from_pem(pem.as_bytes()).unwrap();
        let identity = |number: u8| {
            Arc::new(Identity {
                msp_id: "Org1MSP".parse().unwrap(),
                certificate: certificate.clone(),
                creator: vec![number; 1 << 20],
                node_role: Some(Role::Client),
                is_admin: false,
                certifiers: [0; 32],
            })
        };
        let known = KnownIdentities::new();
        for number in 0..6 {
            known.insert(&identity(number));
            known.insert(&identity(number));
        }
        assert_eq!(known.size(), (4, 4 << 20));
        let is_known: Vec<_> = (0..6).map(|number| known.get(&vec![number; 1 << 20]).is_some()).collect();
        assert_eq!(is_known, [false, false, true, true, true, true]);
    }
}
