//! The tables of the store. Each key begins with the channel.

use redb::TableDefinition;

type Table<K, V> = TableDefinition<'static, K, V>;

/// The version of what this file declares; any change to it is a new one.
pub(crate) const FORMAT_VERSION: u64 = 1;

/// `"version"`: the [`FORMAT_VERSION`] that the store was made with.
pub(crate) const FORMAT: Table<&str, u64> = Table::new("format");

/// The height of a channel, and the number of the last block with a configuration.
pub(crate) const CHANNELS: Table<&str, (u64, u64)> = Table::new("channels");

/// Channel, number: the block without its transactions.
pub(crate) const BLOCKS: Table<(&str, u64), &[u8]> = Table::new("blocks");

/// Channel, hash of the header: the block's number.
pub(crate) const NUMBERS: Table<(&str, &[u8]), u64> = Table::new("block-numbers");

/// Channel, block, index: the transaction's envelope.
pub(crate) const ENVELOPES: Table<(&str, u64, u64), &[u8]> = Table::new("envelopes");

/// Channel, transaction ID: block, index and validation code of its first occurrence.
pub(crate) const TRANSACTIONS: Table<(&str, &str), (u64, u64, u8)> = Table::new("transactions");

/// Channel, namespace, key.
pub(crate) type StateKey = (&'static str, &'static str, &'static [u8]);
/// Block, index, metadata (a `KVMetadataWrite` without its key, or nothing), value.
pub(crate) type StateValue = (u64, u64, &'static [u8], &'static [u8]);
/// The current values.
pub(crate) const STATE: Table<StateKey, StateValue> = Table::new("state");

/// Channel, namespace, key, block, index.
pub(crate) type HistoryKey = (&'static str, &'static str, &'static [u8], u64, u64);
/// Which valid transactions wrote a key; what they wrote is in their envelopes.
pub(crate) const HISTORY: Table<HistoryKey, ()> = Table::new("history");

/// Channel, block, index, namespace, collection.
pub(crate) type PrivateSetKey = (&'static str, u64, u64, &'static str, &'static str);
/// What a valid transaction wrote to a collection (a `KVRWSet`), without what was purged since.
pub(crate) const PRIVATE_SETS: Table<PrivateSetKey, &[u8]> = Table::new("private-sets");

/// Channel, namespace, collection, hash of the key, block, index.
pub(crate) type PrivateKeyKey = (&'static str, &'static str, &'static str, &'static [u8], u64, u64);
/// Which private sets hold a key.
pub(crate) const PRIVATE_KEYS: Table<PrivateKeyKey, ()> = Table::new("private-keys");

/// Channel, block of the expiry, block, index, namespace, collection.
pub(crate) type ExpiryKey = (&'static str, u64, u64, u64, &'static str, &'static str);
/// The hashes of the keys that expire.
pub(crate) const EXPIRY: Table<ExpiryKey, Vec<&[u8]>> = Table::new("expiry");
