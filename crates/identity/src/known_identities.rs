//! Identities that have signed something, so that their certificates are validated once.
//!
//! An identity comes in only after a signature of its key was found right: a certificate is public, and anybody may append
//! bytes to its PEM text to make another creator of it. They are found by the hash of the creator, and what they hold
//! together is bounded.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use sha2::{Digest as _, Sha256};

use crate::identity::Identity;

/// How many bytes of creators are remembered together: some four thousand clients with certificates of 1 KiB. What was read of
/// a certificate takes up to three times as much again.
const BUDGET_IN_BYTES: usize = 4 << 20;

/// The hash of a creator.
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
    /// The length of all creators.
    bytes: usize,
}

impl KnownIdentities {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Known { identities: LruCache::unbounded(), bytes: 0 }))
    }

    /// Returns the identity of a creator, if it has signed something lately.
    pub(crate) fn get(&self, creator: &[u8]) -> Option<Arc<Identity>> {
        self.lock().identities.get(&CreatorId::new(creator)).cloned()
    }

    /// Remembers an identity, and forgets those that were not asked for longest when there are too many.
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

    /// Locks only to look up and insert: nothing awaits under it.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many identities are remembered, and the length of their creators.
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
