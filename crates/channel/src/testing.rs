//! A ledger for the unit tests.

use ccs_ledger::{Ledger, Results, Store};

use crate::envelope;

/// Creates a temporary ledger for the channel `ch`.
pub(crate) fn ledger() -> Ledger {
    Store::temporary().unwrap().channel("ch", || envelope::genesis("ch")).unwrap()
}

/// Commits results in a block of their own.
pub(crate) fn commit(ledger: &Ledger, id: &str, results: Results) {
    ledger.commit(&[envelope::transaction("ch", id.to_owned(), results)], &()).unwrap();
}
