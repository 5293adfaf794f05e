//! Connects to a chaincode server: from a released connection.json to an open stream and its first message.
//!
//! | Module | Contents |
//! | --- | --- |
//! | [`connection`] | reads a released connection.json and dials the chaincode |
//! | [`register`] | parses the REGISTER of a chaincode; the reasons why a stream ends |
//! | [`probe`] | makes the same steps once and reports the result of each |

pub mod connection;
pub mod probe;
pub mod register;

pub use connection::{ChaincodeConnection, ConnectionInfo};
pub use register::{End, MessageStream};
