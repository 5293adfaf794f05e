//! The asset-transfer sample: the contract of Fabric's `asset-transfer-basic`, run as a chaincode
//! server ("chaincode as a service") that peers dial.
//!
//! [`AssetTransfer`] is the contract, written with the published crate `fabric-shim`. [`serve`] runs it
//! for a program, [`serve_on`] for a test that brings its own listener. The shim serves plaintext only;
//! with [`TlsFiles`] a thin TLS front takes the connections and forwards their bytes.

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
