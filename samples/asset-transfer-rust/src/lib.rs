//! The asset-transfer sample: the contract of Fabric's `asset-transfer-basic` as a chaincode server ("chaincode as a
//! service") that peers dial.
//!
//! [`AssetTransfer`] is the contract, written with the published crate `fabric-shim`. [`serve`] runs it for a program,
//! and [`serve_on`] runs it on a listener of the caller, for tests. The shim serves only plaintext; with [`TlsFiles`],
//! a thin TLS front accepts the connections and forwards their bytes.

mod asset;
mod config;
mod contract;
mod front;
mod server;
mod tls;

pub use asset::Asset;
pub use config::{ConfigError, ServerConfig, TlsFiles};
pub use contract::AssetTransfer;
pub use server::{ServeError, serve, serve_on};
pub use tls::TlsError;
