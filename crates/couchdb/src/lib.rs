//! A mirror of the state in CouchDB.
//!
//! The embedded store remains authoritative. Its JSON objects are copied to CouchDB, which answers rich queries with
//! keys. Other values are not copied, since rich queries never find them. The databases are named as on a peer
//! (Fabric 3.1 `core/ledger/kvledger/txmgmt/statedb/statecouchdb`), but a peer's own databases are rejected.

mod client;
mod database;
mod error;
mod mirror;
mod name;
mod server;

pub use error::CouchError;
pub use mirror::{Change, Found, Mirror, check};
pub use server::{Server, ServerError};
