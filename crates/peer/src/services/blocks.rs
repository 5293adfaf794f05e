//! Reads blocks in order, waits for new ones, and decodes the parts that clients see.

use ccs_ledger::{Ledger, LedgerError};
use ccs_proto::common::{Block, BlockMetadataIndex, ChannelHeader, Envelope, HeaderType, Payload};
use ccs_proto::peer::{ChaincodeAction, TxValidationCode};
use prost::Message;
use tokio::sync::watch;

use ccs_ordering::validation::{read_payload, written_actions};

/// Reader of a channel's blocks, which waits for blocks that do not exist yet.
#[derive(Debug)]
pub(super) struct BlockReader {
    ledger: Ledger,
    height: watch::Receiver<u64>,
    next: u64,
}

impl BlockReader {
    pub(super) fn new(ledger: &Ledger, first: u64) -> Self {
        Self { ledger: ledger.clone(), height: ledger.subscribe(), next: first }
    }

    /// Returns the number of the next block.
    pub(super) fn number(&self) -> u64 {
        self.next
    }

    /// Returns whether the next block exists.
    pub(super) fn is_ready(&self) -> bool {
        self.next < self.ledger.height()
    }

    /// Returns the next block. Cancel safe: dropping the future skips no block.
    pub(super) async fn next(&mut self) -> Result<Block, LedgerError> {
        let next = self.next;
        if self.height.wait_for(|height| *height > next).await.is_err() {
            // The sender lives in the ledger that we hold, so this is unreachable.
            std::future::pending::<()>().await;
        }
        let block = self.ledger.block(next)?.unwrap_or_default();
        self.next += 1;
        Ok(block)
    }
}

/// Transaction in a block.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BlockTransaction {
    pub(super) header: ChannelHeader,
    pub(super) code: TxValidationCode,
    payload: Payload,
}

impl BlockTransaction {
    /// Returns the transaction's chaincode actions; empty if it is not an endorser transaction or cannot be read.
    pub(super) fn actions(&self) -> Vec<ChaincodeAction> {
        if !self.is_endorsed() {
            return Vec::new();
        }
        written_actions(&self.payload.data).unwrap_or_default()
    }

    pub(super) fn is_endorsed(&self) -> bool {
        self.header.r#type == HeaderType::EndorserTransaction as i32
    }
}

/// Returns the transactions of a block in order. An unreadable transaction has empty headers.
pub(super) fn transactions(block: &Block) -> Vec<BlockTransaction> {
    let codes = block.metadata.as_ref().and_then(|metadata| {
        metadata.metadata.get(usize::try_from(BlockMetadataIndex::TransactionsFilter as i32).ok()?)
    });
    let code = |index: usize| {
        let code = codes.and_then(|codes| codes.get(index)).map(|code| i32::from(*code));
        code.and_then(|code| code.try_into().ok()).unwrap_or(TxValidationCode::NotValidated)
    };
    let envelopes = block.data.iter().flat_map(|data| &data.data).enumerate();
    envelopes
        .map(|(index, envelope)| {
            let envelope = Envelope::decode(envelope.as_slice()).unwrap_or_default();
            let (payload, header) = read_payload(&envelope.payload).unwrap_or_default();
            BlockTransaction { header, code: code(index), payload }
        })
        .collect()
}

/// Returns whether a block contains a configuration.
pub(super) fn is_config(block: &Block) -> bool {
    let config = HeaderType::Config as i32;
    matches!(transactions(block).as_slice(), [transaction] if transaction.header.r#type == config)
}
