//! The tables of the store. Each key starts with the channel.
//!
//! Rows must be small, because the database copies the page of a row whenever a neighboring row is written. Values
//! of any size are therefore [`Stored`], and [`MAX_KEY_LENGTH`] limits the keys.

use std::borrow::Cow;

use redb::TableDefinition;
use sha2::{Digest, Sha256};

type Table<K, V> = TableDefinition<'static, K, V>;

/// Version of the tables in this file. Increase it with every change to them.
pub(crate) const FORMAT_VERSION: u64 = 2;

/// Maximum length in bytes of a key of the state, and of each name in a row's key.
pub(crate) const MAX_KEY_LENGTH: usize = 32 << 10;

/// `"version"`: the [`FORMAT_VERSION`] with which the store was created.
pub(crate) const FORMAT: Table<&str, u64> = Table::new("format");

/// Value next to its key, or, if it is large, the ID of its pieces in [`PIECES`].
pub(crate) type Stored = (&'static [u8], Option<u64>);

/// ID of a large value, and index of a piece.
pub(crate) type PieceKey = (u64, u32);
/// Large values of all channels, in pieces.
pub(crate) const PIECES: Table<PieceKey, &[u8]> = Table::new("pieces");

/// Height of a channel, and number of the last block with a configuration.
pub(crate) const CHANNELS: Table<&str, (u64, u64)> = Table::new("channels");

/// Channel, number: the block without its transactions.
pub(crate) const BLOCKS: Table<(&str, u64), Stored> = Table::new("blocks");

/// Channel, hash of the header: the block's number.
pub(crate) const NUMBERS: Table<(&str, &[u8]), u64> = Table::new("block-numbers");

/// Channel, block, index.
pub(crate) type EnvelopeKey = (&'static str, u64, u64);
/// Envelopes of the transactions.
pub(crate) const ENVELOPES: Table<EnvelopeKey, Stored> = Table::new("envelopes");

/// Channel, transaction ID: block, index and validation code of its first occurrence.
pub(crate) const TRANSACTIONS: Table<(&str, &str), (u64, u64, u8)> = Table::new("transactions");

/// Returns the key of a transaction ID in [`TRANSACTIONS`]: the ID itself, or the hash of an ID that is longer than
/// those of valid transactions.
pub(crate) fn transaction_key(id: &str) -> Cow<'_, str> {
    /// Length of the IDs of valid transactions: SHA-256 in hexadecimal.
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
/// Current values.
pub(crate) const STATE: Table<StateKey, StateValue> = Table::new("state");

/// Channel, namespace, key, block, index.
pub(crate) type HistoryKey = (&'static str, &'static str, &'static [u8], u64, u64);
/// Valid transactions that wrote a key. Their envelopes contain the written values.
pub(crate) const HISTORY: Table<HistoryKey, ()> = Table::new("history");

/// Channel, block, index, namespace, collection.
pub(crate) type PrivateSetKey = (&'static str, u64, u64, &'static str, &'static str);
/// Writes of a valid transaction to a collection (a `KVRWSet`), without those that have been purged since.
pub(crate) const PRIVATE_SETS: Table<PrivateSetKey, Stored> = Table::new("private-sets");

/// Channel, namespace, collection, hash of the key, block, index.
pub(crate) type PrivateKeyKey = (&'static str, &'static str, &'static str, &'static [u8], u64, u64);
/// Private sets that contain a key.
pub(crate) const PRIVATE_KEYS: Table<PrivateKeyKey, ()> = Table::new("private-keys");

/// Channel, block of the expiry, block, index, namespace, collection, hash of the key.
pub(crate) type ExpiryKey = (&'static str, u64, u64, u64, &'static str, &'static str, &'static [u8]);
/// Keys that will expire.
pub(crate) const EXPIRY: Table<ExpiryKey, ()> = Table::new("expiry");
