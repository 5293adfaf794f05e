//! The services of a peer, called by clients over gRPC with real signatures.
//!
//! Behind the services stands a fake contract in place of a running chaincode (`fake_contract`), but for `shim`, `calls`,
//! `faults` and `lifecycle`, where all is there: a peer, and a chaincode on the published Rust shim. Everything before and after
//! the contract is the real thing: checks, endorsement, ordering, validation, ledger.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod broadcast;
mod calls;
mod commit;
mod deliver;
mod endorse;
mod endorser;
mod evaluate;
mod events;
mod fake_contract;
mod faults;
mod hostile;
mod lifecycle;
mod network;
mod proposal;
mod revoked;
mod running;
mod server;
mod shim;
mod slow_readers;
mod system;
mod validation;
