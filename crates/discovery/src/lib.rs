//! The answers of the discovery service: the organizations, orderers and peers of a channel, and which peers must
//! endorse a transaction (Fabric 3.1 `discovery`).
//!
//! [`read`] decodes the request of a client, and [`answer`] answers each of its queries from a [`Network`]: the view that
//! the answering peer has. Both depend only on their arguments.
//!
//! | Module | What it does |
//! | --- | --- |
//! | `request` | decodes requests |
//! | `network` | the view of the network: [`Network`], [`Peer`], [`JoinedPeer`] |
//! | `announcements` | what each peer announces of itself, signed by it |
//! | `config` | the organizations and orderers in the configuration of a channel |
//! | `interest` | the calls of a transaction as text |
//! | `answers` | access, and the answer to each kind of query |

mod announcements;
mod answers;
mod config;
mod interest;
mod network;
mod request;

pub use answers::{Answer, answer};
pub use network::{JoinedPeer, Network, Peer};
pub use request::{RequestError, read};
