//! What a probe of a chaincode found, in words.
//!
//! [`Target::read`] understands what an operator named: a package, a connection.json or an address, and returns how a peer
//! would reach it. The probe itself dials and reports each step as data, with one of a stable list of causes; a
//! [`Document`] puts report and causes into words, with advice and the next command to type. `docs/probe.md` explains the
//! causes.

mod advice;
mod certificates;
mod document;
mod error;
mod target;

pub use advice::Scene;
pub use certificates::Server;
pub use document::{CertificateDocument, Document, Line};
pub use error::Error;
pub use target::{Kind, Options, Target, TlsOptions};
