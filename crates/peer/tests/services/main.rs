//! The services of a peer, called by clients over gRPC with real signatures.
//!
//! A fake contract (`fake_contract`) replaces the running chaincode, except in `shim`, `calls`, `faults` and
//! `lifecycle`, which use a complete peer and a chaincode on the published Rust shim. Everything before and after the
//! contract is real: checks, endorsement, ordering, validation, ledger.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod broadcast;
mod calls;
mod commit;
mod deliver;
mod discovery;
mod endorse;
mod endorser;
mod evaluate;
mod events;
mod fake_contract;
mod faults;
mod hostile;
mod lifecycle;
mod network;
mod organizations;
mod proposal;
mod refusals;
mod revoked;
mod running;
mod server;
mod shim;
mod slow_readers;
mod system;
mod validation;
