//! A client of a Fabric gateway: evaluates and submits transactions, and follows chaincode events and blocks.
//!
//! [`Gateway`] is a connection to one peer with one identity. What it sends is what the SDKs of fabric-gateway send; an
//! error keeps the peer's words, with what each endorser said (Fabric 3.1 `internal/pkg/gateway`).
//!
//! No file and no environment is read here: certificates and keys come as [`ccs_identity::Signer`] and PEM texts.

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
pub use transaction_id::TransactionId;
pub use validation::ValidationCode;
