//! A ledger for the unit tests.

use ccs_ledger::{Ledger, Results, Store};

use crate::envelope;

/// Makes the ledger of the channel `ch`, in memory.
pub(crate) fn ledger() -> Ledger {
    Store::in_memory().unwrap().channel("ch", || envelope::genesis("ch")).unwrap()
}

/// Commits results in a block of their own.
pub(crate) fn commit(ledger: &Ledger, id: &str, results: Results) {
    ledger.commit(&[envelope::transaction("ch", id.to_owned(), results)], &()).unwrap();
}
