//! The way to a chaincode that is a server: from a released connection.json to an open stream and the first message on it.
//!
//! | Module | What it does |
//! | --- | --- |
//! | [`connection`] | reads a released connection.json and dials the chaincode |
//! | [`register`] | reads the REGISTER of a chaincode; tells why a stream ended |
//! | [`probe`] | goes the same way step by step and says how each step went |

pub mod connection;
pub mod probe;
pub mod register;

pub use connection::{ChaincodeConnection, ConnectionInfo};
pub use register::{End, MessageStream};
