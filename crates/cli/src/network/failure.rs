//! Exit codes of errors between a client and a peer.

use ccs_client::Error;

use crate::failure::{FAILED, Failure};

/// No connection.
const CONNECT: u8 = 50;

/// The peer or the chaincode rejects the call.
const REFUSED: u8 = 51;

/// The transaction is in a block but invalid.
const INVALID: u8 = 52;

/// The transaction was sent, but its outcome is unknown.
const UNKNOWN: u8 = 53;

/// No answer in time.
const TIMEOUT: u8 = 54;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let number = match &error {
            Error::Connect { .. } | Error::Lost { .. } => CONNECT,
            Error::Refused { .. } | Error::Answer { .. } | Error::Deliver { .. } => REFUSED,
            Error::Invalid { .. } => INVALID,
            Error::Unknown { .. } => UNKNOWN,
            Error::Timeout { .. } => TIMEOUT,
            Error::Signer(_) | Error::Randomness(_) => FAILED,
        };
        Self::from_error(&error).hint(error.hint()).with_number(number)
    }
}
