//! The program as a peer calls it. The chaincode is a script that stands for one: official shims on a real peer are in
//! `cargo xtask fabric`.

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
