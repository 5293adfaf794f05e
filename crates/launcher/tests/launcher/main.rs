//! The program as a peer calls it. The chaincode is a script; `cargo xtask fabric` tests official shims on a real peer.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

mod build;
mod docker;
mod image;
mod kubernetes;
mod prebuilt;
mod run;
mod service;
mod site;
mod source;
mod user;
