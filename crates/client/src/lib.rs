//! A client of a Fabric gateway. It evaluates and submits transactions, and reads chaincode events and blocks.
//!
//! [`Gateway`] is a connection to one peer with one identity. It sends the same messages as the SDKs of
//! fabric-gateway. An error contains the peer's text and that of each endorser (Fabric 3.1 `internal/pkg/gateway`).
//!
//! This crate reads no files and no environment: the caller passes certificates and keys as [`ccs_identity::Signer`]
//! and PEM texts.

mod block;
mod call;
mod deliver;
mod endpoint;
mod error;
mod events;
mod gateway;
mod prepared;
mod proposal;
mod refusal;
mod service;
mod transaction_id;
mod validation;

pub use block::{BlockContent, Creator, Key, Transaction, TransactionKind, Write};
pub use call::Call;
pub use deliver::{BlockRange, Blocks, Content, Position};
pub use endpoint::{Endpoint, EndpointError, Tls};
pub use error::{Error, Operation};
pub use events::{Event, EventRange, Events};
pub use gateway::{Committed, Endorsed, Gateway};
pub use refusal::{Detail, Refusal};
pub use service::Service;
pub use transaction_id::TransactionId;
pub use validation::ValidationCode;
