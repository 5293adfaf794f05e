//! A real Docker engine, or podman, for the project's checks, and launches on it without a peer.
//!
//! | Module | Holds |
//! | --- | --- |
//! | [`engine`] | the engine that answers, or one of our own that ends with the check |
//! | `daemon`, `podman`, `bridge` | the process of the latter, and the interface of a second one |
//! | [`images`] | images made from files of this machine, loaded without a registry |
//! | [`registry`] | a registry with one image that requires credentials |
//! | [`launches`] | each error of an engine, and how a launch is stopped |
//! | [`servers`] | the same for chaincode that the peer dials, which `build` starts |
//! | [`remote`] | an engine over TCP with TLS, and each way in which that fails |

mod bridge;
mod daemon;
pub mod engine;
pub mod images;
pub mod launches;
mod podman;
pub mod registry;
pub mod remote;
pub mod servers;
