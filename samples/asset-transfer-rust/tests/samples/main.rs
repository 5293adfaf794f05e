//! Tests both samples, the Rust and the Node.js one, with one fake peer.

#![cfg(test)]

mod answers;
mod fake_peer;
mod node_sample;
mod rust_sample;
