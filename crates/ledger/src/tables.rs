//! The tables of the store. Each key begins with the channel.
//!
//! No row may be large: the database copies the page of a row whenever a neighbour of that row is written. A value of any
//! size is therefore a [`Stored`] one, and [`MAX_KEY_LENGTH`] bounds the keys.

use std::borrow::Cow;

use redb::TableDefinition;
use sha2::{Digest, Sha256};

type Table<K, V> = TableDefinition<'static, K, V>;

/// The version of what this file declares; any change to it is a new one.
pub(crate) const FORMAT_VERSION: u64 = 2;

/// How many bytes a key of the state may have, and each name that is part of a row's key.
pub(crate) const MAX_KEY_LENGTH: usize = 32 << 10;

/// `"version"`: the [`FORMAT_VERSION`] that the store was made with.
pub(crate) const FORMAT: Table<&str, u64> = Table::new("format");

/// A value beside its key, or, if it is large, the ID of its pieces in [`PIECES`].
pub(crate) type Stored = (&'static [u8], Option<u64>);

/// The ID of a large value, and the index of a piece of it.
pub(crate) type PieceKey = (u64, u32);
/// The large values of all channels, in pieces.
pub(crate) const PIECES: Table<PieceKey, &[u8]> = Table::new("pieces");

/// The height of a channel, and the number of the last block with a configuration.
pub(crate) const CHANNELS: Table<&str, (u64, u64)> = Table::new("channels");

/// Channel, number: the block without its transactions.
pub(crate) const BLOCKS: Table<(&str, u64), Stored> = Table::new("blocks");

/// Channel, hash of the header: the block's number.
pub(crate) const NUMBERS: Table<(&str, &[u8]), u64> = Table::new("block-numbers");

/// Channel, block, index.
pub(crate) type EnvelopeKey = (&'static str, u64, u64);
/// The envelopes of the transactions.
pub(crate) const ENVELOPES: Table<EnvelopeKey, Stored> = Table::new("envelopes");

/// Channel, transaction ID: block, index and validation code of its first occurrence.
pub(crate) const TRANSACTIONS: Table<(&str, &str), (u64, u64, u8)> = Table::new("transactions");

/// Returns the text by which [`TRANSACTIONS`] knows a transaction ID: the ID itself, or the hash of one that is longer
/// than those of valid transactions.
pub(crate) fn transaction_key(id: &str) -> Cow<'_, str> {
    /// The length of the IDs of valid transactions: SHA-256 in hexadecimal digits.
    const USUAL: usize = 64;
    if id.len() <= USUAL {
        return Cow::Borrowed(id);
    }
    let hash = Sha256::digest(id).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
    Cow::Owned(format!("sha256:{hash}"))
}

/// Channel, namespace, key.
pub(crate) type StateKey = (&'static str, &'static str, &'static [u8]);
/// Block, index, metadata (a `KVMetadataWrite` without its key, or nothing), value.
pub(crate) type StateValue = (u64, u64, Stored, Stored);
/// The current values.
pub(crate) const STATE: Table<StateKey, StateValue> = Table::new("state");

/// Channel, namespace, key, block, index.
pub(crate) type HistoryKey = (&'static str, &'static str, &'static [u8], u64, u64);
/// Which valid transactions wrote a key; what they wrote is in their envelopes.
pub(crate) const HISTORY: Table<HistoryKey, ()> = Table::new("history");

/// Channel, block, index, namespace, collection.
pub(crate) type PrivateSetKey = (&'static str, u64, u64, &'static str, &'static str);
/// What a valid transaction wrote to a collection (a `KVRWSet`), without what was purged since.
pub(crate) const PRIVATE_SETS: Table<PrivateSetKey, Stored> = Table::new("private-sets");

/// Channel, namespace, collection, hash of the key, block, index.
pub(crate) type PrivateKeyKey = (&'static str, &'static str, &'static str, &'static [u8], u64, u64);
/// Which private sets hold a key.
pub(crate) const PRIVATE_KEYS: Table<PrivateKeyKey, ()> = Table::new("private-keys");

/// Channel, block of the expiry, block, index, namespace, collection, hash of the key.
pub(crate) type ExpiryKey = (&'static str, u64, u64, u64, &'static str, &'static str, &'static [u8]);
/// The keys that expire.
pub(crate) const EXPIRY: Table<ExpiryKey, ()> = Table::new("expiry");
