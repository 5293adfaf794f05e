//! The ledgers of a channel's peers, which are in one store: commits each block to all of them or to none.

use crate::commit::{self, Collections, Committed, Transaction};
use crate::error::LedgerError;
use crate::ledger::Ledger;

/// Ledgers of the peers of a channel. They are in one store, have the same blocks, and share their height: a block that
/// a reader of one ledger sees is in all of them.
#[derive(Clone, Debug)]
pub struct Replicas(Vec<Ledger>);

impl Replicas {
    /// Combines the ledgers of all peers of a channel, as [`Store::replicas`](crate::Store::replicas) returns them.
    pub fn new(ledgers: Vec<Ledger>) -> Result<Self, LedgerError> {
        match ledgers.first() {
            Some(first) if first.are_all_replicas(&ledgers) => Ok(Self(ledgers)),
            first => Err(LedgerError::Replicas {
                channel: first.map(|first| first.name().to_owned()).unwrap_or_default(),
                given: ledgers.len(),
            }),
        }
    }

    /// Returns the ledgers.
    #[must_use]
    pub fn ledgers(&self) -> &[Ledger] {
        &self.0
    }

    /// Commits a block to all ledgers in one step. `batches` contains the transactions of the block for each ledger,
    /// with the private data that its peer may store.
    ///
    /// Calls `before_told` after the block is durable and before the height includes it, so that copies are complete
    /// before readers see the block. On an error, nothing has changed.
    pub fn commit_with(
        &self,
        batches: &[impl AsRef<[Transaction]>],
        collections: &impl Collections,
        before_told: impl FnOnce(&[Committed]),
    ) -> Result<Vec<Committed>, LedgerError> {
        let Self(ledgers) = self;
        let first = self.first();
        first.keep_uncertain(Vec::new());
        let database = first.database.begin_write()?;
        let written = ledgers.iter().zip(batches);
        let written =
            written.map(|(ledger, batch)| commit::write(&database, ledger, batch.as_ref(), collections));
        let committed = written.collect::<Result<Vec<_>, _>>()?;
        let [block, others @ ..] = committed.as_slice() else { return Ok(committed) };
        if others.len() + 1 != ledgers.len() || others.iter().any(|other| other.block != block.block) {
            let record = format!("block {} of channel {}", block.number, first.name());
            return Err(LedgerError::damaged(record, "the ledgers of the peers differ"));
        }
        if let Err(error) = database.commit() {
            first.keep_uncertain(committed);
            // The disk may have failed after the block was stored. If this cannot be determined now, a later call
            // does it.
            let settled = self.settle(before_told);
            return settled.ok().flatten().ok_or_else(|| error.into());
        }
        Ok(self.stored(committed, before_told))
    }

    /// Checks whether the block of the last, failed commit was stored nevertheless. If so, returns it once, since no
    /// reader has seen it yet. Calls `before_told` as [`Self::commit_with`] does.
    pub fn settle(
        &self,
        before_told: impl FnOnce(&[Committed]),
    ) -> Result<Option<Vec<Committed>>, LedgerError> {
        let first = self.first();
        let committed = first.take_uncertain();
        let Some(block) = committed.first() else { return Ok(None) };
        match first.holds(&block.block) {
            Ok(true) => Ok(Some(self.stored(committed, before_told))),
            Ok(false) => Ok(None),
            Err(error) => {
                first.keep_uncertain(committed);
                Err(error)
            }
        }
    }

    fn stored(&self, committed: Vec<Committed>, before_told: impl FnOnce(&[Committed])) -> Vec<Committed> {
        if let Some(block) = committed.first() {
            let height = block.number + 1;
            self.first().note(height);
            before_told(&committed);
            self.first().count(height);
        }
        committed
    }

    fn first(&self) -> &Ledger {
        // `new` requires at least one.
        &self.0[0]
    }
}

impl Ledger {
    /// Commits a block of transactions. After this returns, the block and its writes are readable, even after a
    /// crash. On an error, nothing has changed.
    pub fn commit(
        &self,
        transactions: &[Transaction],
        collections: &impl Collections,
    ) -> Result<Committed, LedgerError> {
        let alone = Replicas::new(vec![self.clone()])?;
        // There is one for each ledger.
        Ok(alone.commit_with(&[transactions], collections, |_| ())?.swap_remove(0))
    }
}

#[cfg(test)]
mod tests;
