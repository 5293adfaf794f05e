//! The public half of a private key, and whether the numbers of the key were checked.

use crate::public_key::PublicKey;

/// A kind of key whose numbers are not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UncheckedKey {
    /// The key is on the curve P-224.
    #[error("keys on the curve P-224 are not checked")]
    P224,
    /// The key is an RSA key of more than two primes.
    #[error("RSA keys of more than two primes are not checked")]
    MultiPrimeRsa,
}

/// The public half of a private key.
pub(crate) struct PublicHalf {
    /// The public key; for P-224, the point is empty.
    pub(crate) key: PublicKey,
    pub(crate) unchecked: Option<UncheckedKey>,
}

impl From<PublicKey> for PublicHalf {
    fn from(key: PublicKey) -> Self {
        Self { key, unchecked: None }
    }
}
