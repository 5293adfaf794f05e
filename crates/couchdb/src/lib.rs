//! A mirror of the state in CouchDB.
//!
//! The embedded store stays the truth. Its JSON objects are copied to CouchDB, which answers rich queries with keys;
//! every other value is never found by a rich query and so is not copied. The databases are named as a peer names them
//! (Fabric 3.1 `core/ledger/kvledger/txmgmt/statedb/statecouchdb`), but a peer's own databases are refused.

mod client;
mod database;
mod error;
mod mirror;
mod name;
mod server;

pub use error::CouchError;
pub use mirror::{Change, Found, Mirror, check};
pub use server::{Server, ServerError};
