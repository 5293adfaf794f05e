//! What the unit tests share: ledgers in memory, and transactions that are simulated and committed.

#[path = "../tests/common/mod.rs"]
mod common;

use ccs_proto::peer::TxValidationCode;

use crate::{Committed, Ledger, Simulation, Store, Transaction};

pub(crate) use common::{endorsed, genesis};

/// Makes a ledger in memory.
pub(crate) fn ledger() -> Ledger {
    Store::in_memory().unwrap().channel("ch", genesis).unwrap()
}

/// Simulates a transaction.
pub(crate) fn simulated(ledger: &Ledger, id: &str, steps: impl FnOnce(&mut Simulation)) -> Transaction {
    let mut simulation = ledger.simulate(id).unwrap();
    steps(&mut simulation);
    endorsed(id, simulation.finish())
}

/// Simulates a transaction and commits it in a block of its own, which must be valid.
pub(crate) fn commit(ledger: &Ledger, id: &str, steps: impl FnOnce(&mut Simulation)) -> Committed {
    let committed = ledger.commit(&[simulated(ledger, id, steps)], &()).unwrap();
    assert_eq!(committed.codes, [TxValidationCode::Valid]);
    committed
}

/// Reads a value outside of any transaction that counts.
pub(crate) fn value(ledger: &Ledger, namespace: &str, key: &str) -> Option<Vec<u8>> {
    ledger.simulate("reader").unwrap().get(namespace, key).unwrap()
}
