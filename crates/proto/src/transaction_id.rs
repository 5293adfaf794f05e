//! The ID of a transaction.

use sha2::{Digest as _, Sha256};

/// Returns the ID of the transaction whose signature header has this nonce and creator: the SHA-256 of both, as
/// hexadecimal digits (Fabric 3.1 `protoutil/proputils.go`, `ComputeTxID`).
#[must_use]
pub fn transaction_id(nonce: &[u8], creator: &[u8]) -> String {
    let hash = Sha256::new().chain_update(nonce).chain_update(creator);
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_id_is_the_hash_of_nonce_and_creator_in_this_order() {
        // `printf abc | sha256sum`
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(transaction_id(b"a", b"bc"), expected);
        assert_eq!(transaction_id(b"ab", b"c"), expected);
        assert_ne!(transaction_id(b"bc", b"a"), expected);
    }
}
