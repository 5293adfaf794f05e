//! Stores values of any size: small ones next to their key, large ones in pieces in a separate table.
//!
//! The database copies a whole page to change one of its rows. Without the separate table, it would copy a large
//! value for each write to a neighboring key.

use redb::{ReadableTable, Table, WriteTransaction};

use crate::error::LedgerError;
use crate::tables::{PIECES, PieceKey};

/// Size of the largest value that is stored next to its key.
const MAX_INLINE: usize = 8 << 10;

/// Size of a piece. Together with its key, it fills a page of 64 KiB.
const PIECE: usize = (64 << 10) - 64;

/// [`Stored`](crate::tables::Stored) value, as read or to be written.
pub(crate) type Value<'a> = (&'a [u8], Option<u64>);

/// Reads a value.
pub(crate) fn read(
    pieces: &impl ReadableTable<PieceKey, &'static [u8]>,
    (inline, id): Value<'_>,
) -> Result<Vec<u8>, LedgerError> {
    let Some(id) = id else { return Ok(inline.to_vec()) };
    let mut value = Vec::new();
    for row in pieces.range((id, 0)..=(id, u32::MAX))? {
        value.extend_from_slice(row?.1.value());
    }
    if value.is_empty() {
        return Err(LedgerError::damaged(format!("large value {id}"), "it is missing"));
    }
    Ok(value)
}

/// Table of large values, within a commit.
pub(crate) struct Pieces<'t> {
    pub(crate) table: Table<'t, PieceKey, &'static [u8]>,
}

impl<'t> Pieces<'t> {
    pub(crate) fn open(transaction: &'t WriteTransaction) -> Result<Self, LedgerError> {
        Ok(Self { table: transaction.open_table(PIECES)? })
    }

    /// Returns the part of a value to store next to the key. Stores a large value in pieces.
    pub(crate) fn store<'v>(&mut self, value: &'v [u8]) -> Result<Value<'v>, LedgerError> {
        if value.len() <= MAX_INLINE {
            return Ok((value, None));
        }
        let last = self.table.last()?.map(|(key, _)| key.value().0);
        let id = last.map_or(0, |last| last.saturating_add(1));
        for (index, piece) in (0..).zip(value.chunks(PIECE)) {
            self.table.insert((id, index), piece)?;
        }
        Ok((&[], Some(id)))
    }

    /// Removes the pieces of a value whose row is gone.
    pub(crate) fn forget(&mut self, (_, id): Value<'_>) -> Result<(), LedgerError> {
        let Some(id) = id else { return Ok(()) };
        for index in 0.. {
            if self.table.remove((id, index))?.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// Reads a value.
    pub(crate) fn read(&self, value: Value<'_>) -> Result<Vec<u8>, LedgerError> {
        read(&self.table, value)
    }
}
