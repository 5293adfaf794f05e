//! The ledger of one channel: queries and simulations. [`crate::commit`] implements its commits.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ccs_proto::common::{Block, BlockData, BlockMetadataIndex, BlockchainInfo};
use ccs_proto::peer::TxValidationCode;
use ccs_proto::rwset::TxPvtReadWriteSet;
use prost::Message;
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use tokio::sync::watch;

use crate::block;
use crate::commit::{Committed, private_sets};
use crate::database::Database;
use crate::error::LedgerError;
use crate::heights::Heights;
use crate::large::{self, Pieces};
use crate::simulation::Simulation;
use crate::tables::{
    BLOCKS, CHANNELS, ENVELOPES, EXPIRY, HISTORY, NUMBERS, PIECES, PRIVATE_KEYS, PRIVATE_SETS, STATE,
    TRANSACTIONS, transaction_key,
};

/// Ledger of one channel. Clones share the same ledger.
///
/// Readers and simulations see the ledger as it was when they started, and do not block commits. (A Fabric peer
/// blocks commits during a simulation; the simulation reads the same values either way.)
#[derive(Clone, Debug)]
pub struct Ledger {
    name: Arc<str>,
    /// Name of the ledger in the tables: the channel, followed by the peer if the ledger is not the first of several.
    key: Arc<str>,
    pub(crate) database: Arc<Database>,
    heights: Arc<Heights>,
    progress: Arc<Progress>,
}

/// What the ledgers of a channel's peers share.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Number of blocks. It grows only after the new block is readable.
    height: watch::Sender<u64>,
    /// Number of ledgers.
    replicas: usize,
    /// Block of the last commit, for each ledger, if the disk failed and it is unknown whether the block was stored.
    uncertain: Mutex<Vec<Committed>>,
}

impl Progress {
    pub(crate) fn new(height: u64, replicas: usize) -> Self {
        Self { height: watch::Sender::new(height), replicas, uncertain: Mutex::default() }
    }
}

/// Transaction in the ledger, valid or invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processed {
    /// Bytes of the envelope.
    pub envelope: Vec<u8>,
    /// Validation code.
    pub code: TxValidationCode,
    /// Number of the block.
    pub block: u64,
    /// Index in the block.
    pub index: u64,
}

/// End of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) height: u64,
    pub(crate) last_config: u64,
}

impl Ledger {
    /// Creates a ledger of a channel that is in the store.
    pub(crate) fn new(
        database: &Arc<Database>,
        heights: &Arc<Heights>,
        progress: &Arc<Progress>,
        (name, key): (&str, &str),
    ) -> Self {
        Self {
            name: Arc::from(name),
            key: Arc::from(key),
            database: Arc::clone(database),
            heights: Arc::clone(heights),
            progress: Arc::clone(progress),
        }
    }

    /// Checks that the last block is complete and follows the one before it.
    pub(crate) fn check_last_block(&self) -> Result<(), LedgerError> {
        let transaction = &self.database.begin_read()?;
        let number = self.height().saturating_sub(1);
        let damaged = |reason: &str| {
            Err(LedgerError::damaged(format!("block {number} of channel {}", self.name), reason))
        };
        let Some(block) = self.read_block(transaction, number)? else { return damaged("it is missing") };
        let header = block.header.unwrap_or_default();
        let envelopes = block.data.unwrap_or_default().data;
        if header.number != number {
            return damaged(&format!("its number is {}", header.number));
        }
        if header.data_hash != block::data_hash(&envelopes) {
            return damaged("its transactions do not match its data hash");
        }
        let Some(before) = number.checked_sub(1) else { return Ok(()) };
        let before = read_header(transaction, &self.key, before)?.and_then(|block| block.header);
        if before.is_none_or(|before| header.previous_hash != block::header_hash(&before)) {
            return damaged("it does not follow the block before it");
        }
        Ok(())
    }

    /// Returns whether a block is stored.
    pub(crate) fn holds(&self, block: &Block) -> Result<bool, LedgerError> {
        let number = block.header.as_ref().map(|header| header.number).unwrap_or_default();
        let stored = read_header(&self.database.begin_read()?, &self.key, number)?;
        Ok(stored.is_some_and(|stored| stored.header == block.header))
    }

    /// Stores the block of a failed commit, for each ledger of the channel; an empty list clears it.
    pub(crate) fn keep_uncertain(&self, block: Vec<Committed>) {
        *self.uncertain() = block;
    }

    /// Takes the block of the last failed commit out of the ledger.
    pub(crate) fn take_uncertain(&self) -> Vec<Committed> {
        std::mem::take(&mut *self.uncertain())
    }

    fn uncertain(&self) -> MutexGuard<'_, Vec<Committed>> {
        // A panic cannot leave the data under the lock inconsistent.
        self.progress.uncertain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises the height to the given number of blocks, unless it is higher already.
    pub(crate) fn count(&self, height: u64) {
        self.progress.height.send_if_modified(|counted| {
            let grows = height > *counted;
            *counted = height.max(*counted);
            grows
        });
    }

    /// Stores the height in the file next to the database.
    pub(crate) fn note(&self, height: u64) {
        self.heights.note(&self.name, height);
    }

    /// Returns whether these are all ledgers of the channel's peers, each once.
    pub(crate) fn are_all_replicas(&self, ledgers: &[Self]) -> bool {
        let keys: HashSet<_> = ledgers.iter().map(Self::key).collect();
        keys.len() == self.progress.replicas
            && keys.len() == ledgers.len()
            && ledgers.iter().all(|ledger| Arc::ptr_eq(&ledger.progress, &self.progress))
    }

    #[cfg(test)]
    pub(crate) fn set_height(&self, height: u64) {
        self.progress.height.send_replace(height);
    }

    /// Returns the name of the ledger in the tables.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Returns the channel's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of blocks, which is also the number of the next block.
    #[must_use]
    pub fn height(&self) -> u64 {
        *self.progress.height.borrow()
    }

    /// Returns a receiver for the height: once it is greater than `n`, block `n` is readable.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.progress.height.subscribe()
    }

    /// Returns the height, and the hashes of the last block and of the one before it.
    pub fn info(&self) -> Result<BlockchainInfo, LedgerError> {
        let height = self.height();
        let last = read_header(&self.database.begin_read()?, &self.key, height - 1)?
            .ok_or_else(|| LedgerError::damaged(format!("block {}", height - 1), "it is missing"))?;
        let header = last.header.unwrap_or_default();
        Ok(BlockchainInfo {
            height,
            current_block_hash: block::header_hash(&header).to_vec(),
            previous_block_hash: header.previous_hash,
        })
    }

    /// Returns a block. Like all queries for blocks and transactions, this returns only blocks that [`Self::height`]
    /// includes, so that a query for the newest block also finds every block that a reader has seen.
    pub fn block(&self, number: u64) -> Result<Option<Block>, LedgerError> {
        if !self.counts(number) {
            return Ok(None);
        }
        self.read_block(&self.database.begin_read()?, number)
    }

    fn read_block(&self, transaction: &ReadTransaction, number: u64) -> Result<Option<Block>, LedgerError> {
        let Some(mut block) = read_header(transaction, &self.key, number)? else { return Ok(None) };
        let name: &str = &self.key;
        let pieces = transaction.open_table(PIECES)?;
        let mut data = Vec::new();
        for row in transaction.open_table(ENVELOPES)?.range((name, number, 0)..=(name, number, u64::MAX))? {
            data.push(large::read(&pieces, row?.1.value())?);
        }
        block.data = Some(BlockData { data });
        Ok(Some(block))
    }

    /// Returns the block with the given header hash.
    pub fn block_by_hash(&self, hash: &[u8]) -> Result<Option<Block>, LedgerError> {
        let table = self.database.begin_read()?.open_table(NUMBERS)?;
        let Some(number) = table.get((&*self.key, hash))?.map(|guard| guard.value()) else {
            return Ok(None);
        };
        self.block(number)
    }

    /// Returns the block with the first occurrence of a transaction, valid or invalid.
    pub fn block_of_transaction(&self, id: &str) -> Result<Option<Block>, LedgerError> {
        let table = self.database.begin_read()?.open_table(TRANSACTIONS)?;
        let Some(number) = table.get((&*self.key, &*transaction_key(id)))?.map(|guard| guard.value().0)
        else {
            return Ok(None);
        };
        self.block(number)
    }

    /// Returns whether a transaction, valid or invalid, is in a block, including blocks that [`Self::height`] does
    /// not include yet.
    pub fn has_transaction(&self, id: &str) -> Result<bool, LedgerError> {
        let table = self.database.begin_read()?.open_table(TRANSACTIONS)?;
        Ok(table.get((&*self.key, &*transaction_key(id)))?.is_some())
    }

    /// Returns the first occurrence of a transaction, valid or invalid.
    pub fn transaction(&self, id: &str) -> Result<Option<Processed>, LedgerError> {
        let transaction = self.database.begin_read()?;
        let table = transaction.open_table(TRANSACTIONS)?;
        let Some((block, index, code)) =
            table.get((&*self.key, &*transaction_key(id)))?.map(|guard| guard.value())
        else {
            return Ok(None);
        };
        if !self.counts(block) {
            return Ok(None);
        }
        let record = || format!("transaction {id}");
        let code = TxValidationCode::try_from(i32::from(code))
            .map_err(|error| LedgerError::damaged(record(), &error))?;
        let envelope = transaction.open_table(ENVELOPES)?.get((&*self.key, block, index))?;
        let envelope = envelope.ok_or_else(|| LedgerError::damaged(record(), "its envelope is missing"))?;
        let envelope = large::read(&transaction.open_table(PIECES)?, envelope.value())?;
        Ok(Some(Processed { envelope, code, block, index }))
    }

    /// Returns whether the height includes a block. The store may contain a new block that is not counted yet.
    fn counts(&self, block: u64) -> bool {
        block < self.height()
    }

    /// Returns the private data of a block's valid transactions by index, as far as this ledger has it, without
    /// expired and purged values.
    pub fn private_data(&self, block: u64) -> Result<BTreeMap<u64, TxPvtReadWriteSet>, LedgerError> {
        private_sets::of_block(&self.database.begin_read()?, &self.key, block)
    }

    /// Starts the simulation of a transaction on the current state.
    pub fn simulate(&self, transaction_id: impl Into<String>) -> Result<Simulation, LedgerError> {
        Simulation::new(self.database.begin_read()?, Arc::clone(&self.key), transaction_id.into())
    }
}

/// Checks the first block of a channel, and completes its metadata.
pub(crate) fn first_block(name: &str, mut genesis: Block) -> Result<Block, LedgerError> {
    let unusable =
        |reason: &str| LedgerError::Genesis { channel: name.to_owned(), reason: reason.to_owned() };
    let header = genesis.header.as_ref().ok_or_else(|| unusable("it has no header"))?;
    let envelopes = genesis.data.as_ref().map(|data| data.data.as_slice()).unwrap_or_default();
    if header.number != 0 {
        return Err(unusable(&format!("its number is {}", header.number)));
    }
    if envelopes.is_empty() {
        return Err(unusable("it has no transaction"));
    }
    if header.data_hash != block::data_hash(envelopes) {
        return Err(unusable("its data hash does not match its transactions"));
    }
    let codes = vec![0; envelopes.len()];
    block::set_metadata(&mut genesis, BlockMetadataIndex::TransactionsFilter, codes);
    Ok(genesis)
}

/// Creates all tables, so that readers find them.
pub(crate) fn open_all_tables(transaction: &WriteTransaction) -> Result<(), LedgerError> {
    transaction.open_table(PIECES)?;
    transaction.open_table(CHANNELS)?;
    transaction.open_table(BLOCKS)?;
    transaction.open_table(NUMBERS)?;
    transaction.open_table(ENVELOPES)?;
    transaction.open_table(TRANSACTIONS)?;
    transaction.open_table(STATE)?;
    transaction.open_table(HISTORY)?;
    transaction.open_table(PRIVATE_SETS)?;
    transaction.open_table(PRIVATE_KEYS)?;
    transaction.open_table(EXPIRY)?;
    Ok(())
}

fn read_header(
    transaction: &ReadTransaction,
    channel: &str,
    number: u64,
) -> Result<Option<Block>, LedgerError> {
    let table = transaction.open_table(BLOCKS)?;
    let Some(guard) = table.get((channel, number))? else { return Ok(None) };
    let bytes = large::read(&transaction.open_table(PIECES)?, guard.value())?;
    let block = Block::decode(bytes.as_slice());
    block.map(Some).map_err(|error| LedgerError::damaged(format!("block {number}"), &error))
}

/// Reads the end of the chain within a commit: its height, and the hash of its last block.
pub(crate) fn read_tip(transaction: &WriteTransaction, channel: &str) -> Result<(Tip, Block), LedgerError> {
    let damaged = |reason: &str| LedgerError::damaged(format!("channel {channel}"), reason);
    let (height, last_config) = {
        let table = transaction.open_table(CHANNELS)?;
        let guard = table.get(channel)?.ok_or_else(|| damaged("it has no height"))?;
        guard.value()
    };
    let table = transaction.open_table(BLOCKS)?;
    let guard = table
        .get((channel, height.saturating_sub(1)))?
        .ok_or_else(|| damaged("its last block is missing"))?;
    let bytes = Pieces::open(transaction)?.read(guard.value())?;
    let last = Block::decode(bytes.as_slice()).map_err(|error| damaged(&error.to_string()))?;
    Ok((Tip { height, last_config }, last))
}

/// Writes a block, its transactions, and the new end of the chain.
pub(crate) fn write_block(
    transaction: &WriteTransaction,
    channel: &str,
    block: &Block,
    tip: Tip,
) -> Result<(), LedgerError> {
    let header = block.header.clone().unwrap_or_default();
    let number = header.number;
    let hash = block::header_hash(&header);
    let without_data = Block { header: Some(header), data: None, metadata: block.metadata.clone() };
    let mut pieces = Pieces::open(transaction)?;
    let without_data = without_data.encode_to_vec();
    transaction.open_table(BLOCKS)?.insert((channel, number), pieces.store(&without_data)?)?;
    transaction.open_table(NUMBERS)?.insert((channel, hash.as_slice()), number)?;
    transaction.open_table(CHANNELS)?.insert(channel, (tip.height, tip.last_config))?;
    let mut envelopes = transaction.open_table(ENVELOPES)?;
    for (index, envelope) in (0..).zip(block.data.iter().flat_map(|data| &data.data)) {
        envelopes.insert((channel, number, index), pieces.store(envelope)?)?;
    }
    Ok(())
}
