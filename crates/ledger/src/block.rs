//! Blocks: the hash that chains them, and how they are put together.
//!
//! Fabric 3.1 `protoutil/blockutils.go`.

use ccs_proto::common::{
    Block, BlockData, BlockHeader, BlockMetadata, BlockMetadataIndex, LastConfig, Metadata,
    OrdererBlockMetadata,
};
use prost::Message;
use sha2::{Digest, Sha256};

/// How many entries a block's metadata has.
const METADATA_ENTRIES: usize = 5;

/// Gives the hash by which the next block names this one: SHA-256 over the DER of
/// `SEQUENCE { INTEGER number, OCTET STRING previous_hash, OCTET STRING data_hash }`.
#[must_use]
pub fn header_hash(header: &BlockHeader) -> [u8; 32] {
    const INTEGER: u8 = 0x02;
    const OCTET_STRING: u8 = 0x04;
    const SEQUENCE: u8 = 0x30;
    let bytes = header.number.to_be_bytes();
    let leading_zeros = bytes.iter().take(7).take_while(|&&byte| byte == 0).count();
    // A number whose first bit is set would be negative without a byte before it.
    let mut number = vec![0; usize::from(bytes[leading_zeros] >= 0x80)];
    number.extend(&bytes[leading_zeros..]);
    let content = [
        element(INTEGER, &number),
        element(OCTET_STRING, &header.previous_hash),
        element(OCTET_STRING, &header.data_hash),
    ]
    .concat();
    Sha256::digest(element(SEQUENCE, &content)).into()
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|&&byte| byte == 0).count()..];
    let mut element = vec![tag];
    match significant {
        [] => element.push(0),
        &[short @ 0..0x80] => element.push(short),
        // At most eight bytes of length.
        long => {
            element.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            element.extend(long);
        }
    }
    element.extend(content);
    element
}

/// Gives the hash of a block's transactions: SHA-256 over all envelopes, one after another.
#[must_use]
pub fn data_hash<'a>(envelopes: impl IntoIterator<Item = &'a Vec<u8>>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for envelope in envelopes {
        hash.update(envelope);
    }
    hash.finalize().into()
}

/// Puts a block together; its metadata is still to be filled in.
pub(crate) fn new(number: u64, previous_hash: [u8; 32], envelopes: Vec<Vec<u8>>) -> Block {
    let header = BlockHeader {
        number,
        previous_hash: previous_hash.to_vec(),
        data_hash: data_hash(&envelopes).to_vec(),
    };
    Block { header: Some(header), data: Some(BlockData { data: envelopes }), metadata: None }
}

/// Sets one entry of a block's metadata.
pub(crate) fn set_metadata(block: &mut Block, index: BlockMetadataIndex, value: Vec<u8>) {
    let entries = &mut block.metadata.get_or_insert_with(BlockMetadata::default).metadata;
    if entries.len() < METADATA_ENTRIES {
        entries.resize(METADATA_ENTRIES, Vec::new());
    }
    if let Some(entry) = usize::try_from(index as i32).ok().and_then(|index| entries.get_mut(index)) {
        *entry = value;
    }
}

/// Gives one entry of a block's metadata; empty when it is not there.
pub(crate) fn metadata(block: &Block, index: BlockMetadataIndex) -> &[u8] {
    let entries = block.metadata.as_ref().map(|metadata| metadata.metadata.as_slice()).unwrap_or_default();
    usize::try_from(index as i32).ok().and_then(|index| entries.get(index)).map_or(&[], Vec::as_slice)
}

/// Encodes the entry that tells which block has the channel's current configuration, without signatures of orderers.
pub(crate) fn last_config(number: u64) -> Vec<u8> {
    let last_config = Some(LastConfig { index: number });
    let value = OrdererBlockMetadata { last_config, ..OrdererBlockMetadata::default() }.encode_to_vec();
    Metadata { value, signatures: Vec::new() }.encode_to_vec()
}
