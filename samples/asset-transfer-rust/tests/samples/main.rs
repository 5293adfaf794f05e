//! Both samples, the Rust and the Node.js one, against one fake peer.

#![cfg(test)]

mod answers;
mod fake_peer;
mod node_sample;
mod rust_sample;
