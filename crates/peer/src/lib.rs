//! The peer's side of a chaincode: what happens between an installed package and a transaction's result.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`host`] | runs external builders over a package, by the rules of a peer |
pub mod host;
