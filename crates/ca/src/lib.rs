//! A Fabric CA server for development: registers users and issues their certificates.
//!
//! [`Ca::answer`] is a function of a call, the time and the state. [`serve`] accepts the calls over HTTPS. Paths,
//! documents, status codes, error codes and texts are those of Fabric CA 1.5. The server has what the clients of
//! Fabric's samples call: `cainfo`, `enroll`, `reenroll`, `register` and `revoke`. It has no Idemix, no intermediate
//! CAs and no revocation lists.
//!
//! | Module | Content |
//! | --- | --- |
//! | `ca` | the calls |
//! | `document` | the documents of requests and results |
//! | `registry` | identities and certificates, and the rights of callers |
//! | `request` | certificate requests |
//! | `issuer` | certificates |
//! | `token` | how callers prove who they are |
//! | `refusal` | error codes and texts |
//! | `server` | HTTPS |

mod ca;
mod document;
mod issuer;
mod refusal;
mod registry;
mod request;
mod server;
mod token;

pub use ca::{Answer, Ca, CaOptions, Call};
pub use issuer::IssuerError;
pub use server::{ServeError, serve};
