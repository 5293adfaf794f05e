//! Creates blocks, and computes the hash that chains them.
//!
//! Fabric 3.1 `protoutil/blockutils.go`.

use ccs_proto::common::{
    Block, BlockData, BlockHeader, BlockMetadata, BlockMetadataIndex, LastConfig, Metadata,
    OrdererBlockMetadata,
};
use prost::Message;
use sha2::{Digest, Sha256};

/// Number of entries in a block's metadata.
const METADATA_ENTRIES: usize = 5;

/// Returns the hash by which the next block refers to this one: the SHA-256 of the DER of `SEQUENCE { INTEGER number,
/// OCTET STRING previous_hash, OCTET STRING data_hash }`.
#[must_use]
pub fn header_hash(header: &BlockHeader) -> [u8; 32] {
    const INTEGER: u8 = 0x02;
    const OCTET_STRING: u8 = 0x04;
    const SEQUENCE: u8 = 0x30;
    let bytes = header.number.to_be_bytes();
    let leading_zeros = bytes.iter().take(7).take_while(|&&byte| byte == 0).count();
    // A number whose first bit is set needs a leading zero byte, or it would be negative.
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
        // The length takes at most eight bytes.
        long => {
            element.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            element.extend(long);
        }
    }
    element.extend(content);
    element
}

/// Returns the hash of a block's transactions: the SHA-256 of all concatenated envelopes.
#[must_use]
pub fn data_hash<'a>(envelopes: impl IntoIterator<Item = &'a Vec<u8>>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for envelope in envelopes {
        hash.update(envelope);
    }
    hash.finalize().into()
}

/// Creates a block with empty metadata.
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

/// Returns one entry of a block's metadata; empty if it does not exist.
pub(crate) fn metadata(block: &Block, index: BlockMetadataIndex) -> &[u8] {
    let entries = block.metadata.as_ref().map(|metadata| metadata.metadata.as_slice()).unwrap_or_default();
    usize::try_from(index as i32).ok().and_then(|index| entries.get(index)).map_or(&[], Vec::as_slice)
}

/// Encodes the metadata entry with the number of the last configuration block, without orderer signatures.
pub(crate) fn last_config(number: u64) -> Vec<u8> {
    let last_config = Some(LastConfig { index: number });
    let value = OrdererBlockMetadata { last_config, ..OrdererBlockMetadata::default() }.encode_to_vec();
    Metadata { value, signatures: Vec::new() }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{commit, genesis, ledger};
    use crate::{Content, LedgerError, Store, Transaction};
    use ccs_proto::peer::TxValidationCode;

    /// Block number, length of the previous hash (bytes of 1; the data hash is 32 bytes of 2), and the hash of the
    /// encoding by Go's `encoding/asn1`.
    const OF_GO: [(u64, usize, &str); 12] = [
        (0, 32, "48ee5465372625f0dd4423b11bea48e2046bc641e87cb725acd138f74de45c12"),
        (1, 32, "8958d309221dff9175606e70d8b0f60d44326787f5375730953d3e4c7277894b"),
        (127, 32, "d65f891abeeabe724b6892bf38cb1330454555f523b3eb88f5c7041030627fd0"),
        (128, 0, "b97f35ad519691951d727e78ebc0e1018d58d79108c10d2190cea2ef0be8ca9a"),
        (128, 32, "c0ffbca2c19ee62fc3e76d183167f01a4de3f8f27c83daf84ee54d30774edb24"),
        (128, 200, "d399ad9729c859c93a1f195cc8ed054ef820074dd43811bc252681994f74d991"),
        (128, 70_000, "c250b12dbe2e801d84da91dcaef98c23f3c30517f81d8c184d43163fe27f68b3"),
        (255, 32, "6fc88abcc8d8c94bc858fe3bfcfd4b28d386bbde13e32c708519c73e1474759e"),
        (256, 32, "cdcf8809a5d3f84e69aef97d9b5bb933c8671741f4e71631d6d87e3d5127bcd3"),
        (65_535, 32, "7c1f0daa59aeebef13d6bfe51af39718ab25d1437eaa17d00783de5f2dc7d270"),
        (1 << 32, 32, "735e6eecc72268dfeca5000a8564e0a6c3ec970d38a191913071b8653163b4b6"),
        (u64::MAX, 32, "04ef0f8d995f7f46582885653b0c2a342bda707322a5e29aed1a267dea42711d"),
    ];

    #[test]
    fn a_header_has_the_hash_that_go_computes() {
        for (number, length, hash) in OF_GO {
            let header = BlockHeader { number, previous_hash: vec![1; length], data_hash: vec![2; 32] };
            assert_eq!(hex::encode(header_hash(&header)), hash, "{number}, {length}");
        }
    }

    #[test]
    fn blocks_are_a_chain() {
        let ledger = ledger();
        for id in ["t1", "t2", "t3"] {
            commit(&ledger, id, |simulation| simulation.put("cc", id, b"1".to_vec()).unwrap());
        }
        let mut previous_hash = [0; 32];
        for number in 0..4 {
            let block = ledger.block(number).unwrap().unwrap();
            let header = block.header.clone().unwrap();
            assert_eq!((header.number, &header.previous_hash[..]), (number, &previous_hash[..]));
            assert_eq!(header.data_hash, data_hash(&block.data.as_ref().unwrap().data));
            assert_eq!(metadata(&block, BlockMetadataIndex::TransactionsFilter), [0]);
            assert_eq!(metadata(&block, BlockMetadataIndex::CommitHash).is_empty(), number == 0);
            previous_hash = header_hash(&header);
            assert_eq!(ledger.block_by_hash(&previous_hash).unwrap(), Some(block));
        }
        let info = ledger.info().unwrap();
        assert_eq!((info.height, &info.current_block_hash[..]), (4, &previous_hash[..]));
        assert_eq!(info.previous_block_hash, ledger.block(3).unwrap().unwrap().header.unwrap().previous_hash);
        assert_eq!(ledger.block_by_hash(b"unknown").unwrap(), None);
    }

    #[test]
    fn each_block_tells_which_has_the_configuration() {
        let ledger = ledger();
        let config = Transaction { envelope: b"c".to_vec(), id: String::new(), content: Content::Config };
        let rejected = Transaction {
            content: Content::Rejected(TxValidationCode::InvalidConfigTransaction),
            ..config.clone()
        };
        let mut numbers = Vec::new();
        for transaction in [rejected.clone(), config, rejected] {
            let block = ledger.commit(&[transaction], &()).unwrap().block;
            let entry = Metadata::decode(metadata(&block, BlockMetadataIndex::Signatures)).unwrap();
            let entry = OrdererBlockMetadata::decode(entry.value.as_slice()).unwrap();
            numbers.push(entry.last_config.unwrap().index);
        }
        assert_eq!(numbers, [0, 2, 2]);
    }

    #[test]
    fn a_channel_begins_with_a_block_0_that_is_whole() {
        let store = Store::temporary().unwrap();
        let text = |block: Block| match store.channel("ch", || block).unwrap_err() {
            error @ LedgerError::Genesis { .. } => error.to_string(),
            other => panic!("{other}"),
        };
        assert_eq!(text(Block::default()), "channel \"ch\" cannot start with this block: it has no header");
        assert_eq!(
            text(new(1, [0; 32], vec![Vec::new()])),
            "channel \"ch\" cannot start with this block: its number is 1"
        );
        assert_eq!(
            text(new(0, [0; 32], Vec::new())),
            "channel \"ch\" cannot start with this block: it has no transaction"
        );
        let mut changed = genesis();
        changed.data.as_mut().unwrap().data.push(b"more".to_vec());
        assert_eq!(
            text(changed),
            "channel \"ch\" cannot start with this block: its data hash does not match its transactions"
        );
        assert_eq!(store.channels().unwrap(), [""; 0]);
        store.channel("ch", genesis).unwrap();
        assert_eq!(store.channels().unwrap(), ["ch"]);
    }
}
