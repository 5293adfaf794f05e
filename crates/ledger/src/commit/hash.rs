//! The commit hash in each block's metadata, by which peers compare their states.
//!
//! Fabric 3.1 `core/ledger/kvledger/kv_ledger.go` and
//! `core/ledger/kvledger/txmgmt/privacyenabledstate/update_batch_bytes.go`.

use ccs_proto::common::{Block, BlockMetadataIndex, Metadata};
use ccs_proto::peer::TxValidationCode;
use prost::Message;
use sha2::{Digest, Sha256};

use super::byte;
use super::updates::{Update, Updates};
use crate::block;
use crate::namespace::Namespace;
use crate::version::Version;

/// Public changes of a block.
#[derive(Clone, PartialEq, Message)]
struct Writes {
    #[prost(message, repeated, tag = "1")]
    writes: Vec<Write>,
}

/// Change of a key. Only the first of several in a row contains namespace and collection.
#[derive(Clone, PartialEq, Message)]
struct Write {
    #[prost(string, tag = "1")]
    namespace: String,
    #[prost(string, tag = "2")]
    collection: String,
    #[prost(bytes = "vec", tag = "3")]
    key: Vec<u8>,
    #[prost(bool, tag = "4")]
    is_delete: bool,
    #[prost(bytes = "vec", tag = "5")]
    value: Vec<u8>,
    #[prost(bytes = "vec", tag = "6")]
    version: Vec<u8>,
}

/// Returns the metadata entry for a block with these codes and changes.
pub(super) fn of(last: &Block, codes: &[TxValidationCode], updates: &Updates) -> Vec<u8> {
    let filter: Vec<u8> = codes.iter().map(|&code| byte(code)).collect();
    let previous =
        Metadata::decode(block::metadata(last, BlockMetadataIndex::CommitHash)).unwrap_or_default();
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(filter.len() as u64, &mut bytes);
    bytes.extend(filter);
    bytes.extend(writes(updates).encode_to_vec());
    bytes.extend(previous.value);
    Metadata { value: Sha256::digest(bytes).to_vec(), signatures: Vec::new() }.encode_to_vec()
}

/// Returns the changes by namespace: the public ones, followed by the hashes of each collection.
fn writes(updates: &Updates) -> Writes {
    let mut by_place = Vec::new();
    for (name, keys) in updates {
        match Namespace::parse(name) {
            Some(Namespace::Public(chaincode)) => by_place.push(((chaincode, ""), keys)),
            Some(Namespace::Hashed { chaincode, collection }) => {
                by_place.push(((chaincode, collection), keys));
            }
            Some(Namespace::Private { .. }) | None => {}
        }
    }
    by_place.sort_by_key(|(place, _)| *place);
    let mut writes: Vec<Write> = Vec::new();
    let mut last_namespace = None;
    for ((namespace, collection), keys) in by_place {
        let first = writes.len();
        writes.extend(keys.iter().map(|(key, update)| write(key, update)));
        if let Some(write) = writes.get_mut(first) {
            collection.clone_into(&mut write.collection);
            if last_namespace.replace(namespace) != Some(namespace) {
                namespace.clone_into(&mut write.namespace);
            }
        }
    }
    Writes { writes }
}

fn write(key: &[u8], update: &Update) -> Write {
    let Version { block, transaction } = update.version;
    Write {
        key: key.to_vec(),
        is_delete: update.value.is_none(),
        value: update.value.clone().unwrap_or_default(),
        version: [in_order(block), in_order(transaction)].concat(),
        ..Write::default()
    }
}

/// Encodes a number so that the bytes sort like the numbers: the count of significant bytes, followed by these.
fn in_order(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let significant = &bytes[bytes.iter().take_while(|&&byte| byte == 0).count()..];
    // At most eight.
    let count = u8::try_from(significant.len()).unwrap_or_default();
    [&[count], significant].concat()
}
