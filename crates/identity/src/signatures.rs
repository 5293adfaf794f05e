//! Cache of valid signatures, so that none is verified twice.
//!
//! Both the orderer that accepts a transaction and the peer that commits it verify the same signature. When they are
//! one process, the cache saves the second verification, which is the most expensive step of a transaction.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;
use sha2::{Digest as _, Sha256};

use crate::certificate::Certificate;

/// Number of cached signatures: enough for all transactions that may wait for their block, at about 100 bytes each.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// Hash of a key, a message and a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SignatureId([u8; 32]);

impl SignatureId {
    pub(crate) fn new(signer: &Certificate, message: &[u8], signature: &[u8]) -> Self {
        let mut hash = Sha256::new();
        // Includes the lengths, so that no byte can move from one part to the next.
        for part in [signer.key_info(), signature] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        hash.update(message);
        Self(hash.finalize().into())
    }
}

/// Cache of recently verified signatures. Invalid ones are not cached, so that only clients with a key can fill it.
#[derive(Debug)]
pub(crate) struct KnownSignatures(Mutex<LruCache<SignatureId, ()>>);

impl KnownSignatures {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }

    /// Verifies a signature unless it is cached.
    pub(crate) fn check<E>(&self, id: SignatureId, verify: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        if self.lock().get(&id).is_none() {
            verify()?;
            self.insert(id);
        }
        Ok(())
    }

    pub(crate) fn insert(&self, id: SignatureId) {
        self.lock().put(id, ());
    }

    /// Locks the cache, for lookups and inserts only. Do not await while holding the lock.
    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<SignatureId, ()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_signature_passes_for_another() {
        let read = |pem: &str| Certificate::from_pem(pem.as_bytes()).unwrap();
        let key = || rcgen::generate_simple_self_signed([]).unwrap().cert.pem();
        let (one, other) = (read(&key()), read(&key()));
        let id = SignatureId::new(&one, b"message", b"signature");
        let others = [
            SignatureId::new(&other, b"message", b"signature"),
            SignatureId::new(&one, b"messag", b"signature"),
            SignatureId::new(&one, b"message", b"signatur"),
            SignatureId::new(&one, b"emessage", b"signatur"),
        ];
        assert_eq!(others.iter().filter(|other| **other == id).count(), 0);
        assert_eq!(SignatureId::new(&one, b"message", b"signature"), id);
    }

    #[test]
    fn the_oldest_signature_is_forgotten() {
        let id = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            SignatureId(bytes)
        };
        let known = KnownSignatures::new();
        (0..=REMEMBERED.get()).for_each(|number| known.insert(id(number)));
        assert_eq!(known.check(id(0), || Err("verified")), Err("verified"));
        assert_eq!(known.check(id(1), || Err("verified")), Ok(()));
        assert_eq!(known.check(id(REMEMBERED.get()), || Err("verified")), Ok(()));
    }

    #[test]
    fn what_was_right_is_verified_once_and_what_was_wrong_again() {
        let (known, id) = (KnownSignatures::new(), SignatureId([7; 32]));
        let answers = [Err("wrong"), Err("wrong"), Ok(()), Err("not asked"), Err("not asked")];
        let found = answers.map(|answer| known.check(id, || answer));
        assert_eq!(found, [Err("wrong"), Err("wrong"), Ok(()), Ok(()), Ok(())]);
    }
}
