//! Writes a block in one step: validation, the new state, history, private data, and the block itself.
//!
//! The caller checks formats, signatures and endorsement policies. This module checks what depends on the state:
//! whether a transaction ID was used before, and whether the values that a transaction has read are still current
//! (Fabric 3.1 `core/ledger/kvledger/txmgmt/validation`).

mod committed;
mod expiry;
mod hash;
mod operations;
mod private;
pub(crate) mod private_sets;
mod sets;
mod updates;
mod validation;

use std::collections::HashSet;

use ccs_proto::common::BlockMetadataIndex;
use ccs_proto::peer::TxValidationCode;
use ccs_proto::rwset::{TxPvtReadWriteSet, TxReadWriteSet};
use redb::{ReadableTable, WriteTransaction};

use crate::block;
use crate::error::LedgerError;
use crate::large::Pieces;
use crate::ledger::{self, Ledger, Tip};
use crate::state::Current;
use crate::tables::{HISTORY, STATE, TRANSACTIONS, transaction_key};
use crate::version::Version;

pub use committed::Committed;
pub use private::MissingPrivateData;
pub use updates::{Update, Updates};

use sets::Sets;
use updates::View;

/// Transaction to be added to a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    /// Bytes of the envelope.
    pub envelope: Vec<u8>,
    /// ID of the transaction; empty if it has none, as for a configuration.
    pub id: String,
    /// Kind and content of the transaction.
    pub content: Content,
}

/// Content of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An endorsed transaction that has passed all checks of the caller.
    Endorsed {
        /// Read/write set, which the envelope also contains.
        results: TxReadWriteSet,
        /// Private data, if this ledger may store it.
        private: Option<TxPvtReadWriteSet>,
    },
    /// A new configuration of the channel.
    Config,
    /// A transaction that has failed a check of the caller, with the validation code.
    Rejected(TxValidationCode),
}

/// Properties of collections, from the definitions of chaincodes.
pub trait Collections {
    /// Returns the number of blocks for which a collection keeps a value; 0 means forever.
    fn block_to_live(&self, namespace: &str, collection: &str) -> u64;
}

/// Keeps all values forever.
impl Collections for () {
    fn block_to_live(&self, _: &str, _: &str) -> u64 {
        0
    }
}

/// Writes a block of transactions to a ledger, with everything that depends on it. Readers see it once the database
/// transaction is committed and the ledger's height includes it.
pub(crate) fn write(
    database: &WriteTransaction,
    ledger: &Ledger,
    transactions: &[Transaction],
    collections: &impl Collections,
) -> Result<Committed, LedgerError> {
    let channel = ledger.key();
    let (tip, last) = ledger::read_tip(database, channel)?;
    let number = tip.height;
    let envelopes: Vec<_> = transactions.iter().map(|transaction| transaction.envelope.clone()).collect();

    let mut commit = Commit { database, channel, number, updates: Updates::new() };
    let (codes, valid) = commit.validate(transactions)?;
    let hash = hash::of(&last, &codes, &commit.updates);
    commit.write_transactions(transactions, &codes)?;
    commit.write_history(&valid)?;
    let missing = private::apply(&mut commit, &valid, collections)?;
    expiry::apply(&mut commit)?;
    commit.write_state()?;
    let updates = commit.updates;

    let previous_hash = block::header_hash(&last.header.unwrap_or_default());
    let mut block = block::new(number, previous_hash, envelopes);
    let is_config = |transaction: &Transaction| transaction.content == Content::Config;
    let last_config = if transactions.iter().any(is_config) { number } else { tip.last_config };
    let filter = codes.iter().map(|&code| byte(code)).collect();
    block::set_metadata(&mut block, BlockMetadataIndex::Signatures, block::last_config(last_config));
    block::set_metadata(&mut block, BlockMetadataIndex::TransactionsFilter, filter);
    block::set_metadata(&mut block, BlockMetadataIndex::CommitHash, hash);
    ledger::write_block(database, channel, &block, Tip { height: number + 1, last_config })?;
    Ok(Committed { block, number, codes, updates, missing })
}

/// Returns a validation code as a byte of the block's metadata. All codes are at most 255.
fn byte(code: TxValidationCode) -> u8 {
    u8::try_from(code as i32).unwrap_or(u8::MAX)
}

/// Commit in progress.
struct Commit<'a> {
    database: &'a WriteTransaction,
    channel: &'a str,
    /// Number of the block.
    number: u64,
    updates: Updates,
}

/// Valid transaction.
struct Valid<'a> {
    version: Version,
    sets: Sets,
    private: Option<&'a TxPvtReadWriteSet>,
}

impl Commit<'_> {
    /// Validates each transaction in turn, and collects the writes of the valid ones.
    fn validate<'t>(
        &mut self,
        transactions: &'t [Transaction],
    ) -> Result<(Vec<TxValidationCode>, Vec<Valid<'t>>), LedgerError> {
        let state = Current::of(self.database)?;
        let known = self.database.open_table(TRANSACTIONS)?;
        let mut ids = HashSet::new();
        let mut codes = Vec::new();
        let mut valid = Vec::new();
        for (index, transaction) in (0..).zip(transactions) {
            let id = transaction.id.as_str();
            let is_known = !id.is_empty() && known.get((self.channel, &*transaction_key(id)))?.is_some();
            let version = Version { block: self.number, transaction: index };
            let code = match checked(transaction, is_known) {
                Err(code) => code,
                Ok(_) if !id.is_empty() && !ids.insert(id) => TxValidationCode::DuplicateTxid,
                Ok(None) => TxValidationCode::Valid,
                Ok(Some((sets, private))) => {
                    let mut view = View { state: &state, channel: self.channel, updates: &mut self.updates };
                    let code = validation::validate(&sets, &view)?;
                    if code == TxValidationCode::Valid {
                        operations::apply(&sets, version, &mut view)?;
                        valid.push(Valid { version, sets, private });
                    }
                    code
                }
            };
            codes.push(code);
        }
        Ok((codes, valid))
    }

    /// Stores the location of each transaction. A duplicate ID keeps its first location.
    fn write_transactions(
        &self,
        transactions: &[Transaction],
        codes: &[TxValidationCode],
    ) -> Result<(), LedgerError> {
        let mut table = self.database.open_table(TRANSACTIONS)?;
        for (index, (transaction, &code)) in (0..).zip(transactions.iter().zip(codes)) {
            let id = transaction_key(&transaction.id);
            let key = (self.channel, &*id);
            if !transaction.id.is_empty() && table.get(key)?.is_none() {
                table.insert(key, (self.number, index, byte(code)))?;
            }
        }
        Ok(())
    }

    fn write_history(&self, valid: &[Valid<'_>]) -> Result<(), LedgerError> {
        let mut table = self.database.open_table(HISTORY)?;
        for transaction in valid {
            let Version { block, transaction: index } = transaction.version;
            for namespace in &transaction.sets.namespaces {
                for write in &namespace.public.writes {
                    let key = (self.channel, namespace.name.as_str(), write.key.as_bytes(), block, index);
                    table.insert(key, ())?;
                }
            }
        }
        Ok(())
    }

    fn write_state(&self) -> Result<(), LedgerError> {
        let mut rows = self.database.open_table(STATE)?;
        let mut pieces = Pieces::open(self.database)?;
        for (namespace, keys) in &self.updates {
            for (key, update) in keys {
                let key = (self.channel, namespace.as_str(), key.as_slice());
                let replaced = if let Some(value) = &update.value {
                    let Version { block, transaction } = update.version;
                    let metadata = pieces.store(&update.metadata)?;
                    rows.insert(key, (block, transaction, metadata, pieces.store(value)?))?
                } else {
                    rows.remove(key)?
                };
                if let Some(replaced) = replaced {
                    let (_, _, metadata, value) = replaced.value();
                    pieces.forget(metadata)?;
                    pieces.forget(value)?;
                }
            }
        }
        Ok(())
    }
}

/// Transaction that only the state can invalidate: its sets and private data, or [`None`] for a configuration.
type Checked<'a> = Option<(Sets, Option<&'a TxPvtReadWriteSet>)>;

/// Makes the checks that do not depend on the state, in the order of a peer (Fabric 3.1
/// `core/committer/txvalidator/v20/validator.go`).
fn checked(transaction: &Transaction, is_known: bool) -> Result<Checked<'_>, TxValidationCode> {
    use TxValidationCode as Code;
    match &transaction.content {
        // A peer makes these checks after it looks up the ID.
        Content::Rejected(
            Code::BadHeaderExtension
            | Code::BadResponsePayload
            | Code::BadRwset
            | Code::InvalidChaincode
            | Code::InvalidOtherReason
            | Code::IllegalWriteset
            | Code::EndorsementPolicyFailure,
        ) if is_known => Err(Code::DuplicateTxid),
        // `Valid` is not a code for a rejected transaction.
        Content::Rejected(Code::Valid) => Err(Code::NotValidated),
        Content::Rejected(code) => Err(*code),
        _ if is_known => Err(Code::DuplicateTxid),
        Content::Config => Ok(None),
        Content::Endorsed { results, private } => Ok(Some((Sets::decode(results)?, private.as_ref()))),
    }
}

#[cfg(test)]
mod tests;
