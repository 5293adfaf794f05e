//! Explains the result of a probe of a chaincode or a gateway.
//!
//! [`Target::read`] reads the target, which is a package, a connection.json or an address, and returns how a peer
//! would connect to it. The probe itself dials, and returns the result of each step with one of a stable list of
//! causes. A [`Document`] formats them, with advice and the next command. `docs/probe.md` explains the causes.

mod advice;
mod certificates;
mod document;
mod error;
mod gateway;
mod gateway_advice;
mod target;

pub use advice::Scene;
pub use certificates::Server;
pub use document::{CertificateDocument, Document, Line};
pub use error::Error;
pub use gateway::{Answer, Answers, Application, GatewayOptions};
pub use target::{Kind, Options, Target, TlsOptions};
