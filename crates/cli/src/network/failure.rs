//! Exit codes of what goes wrong between a client and a peer.

use ccs_client::Error;

use crate::failure::{FAILED, Failure};

/// No connection.
const CONNECT: u8 = 50;

/// The peer or the chaincode refuses.
const REFUSED: u8 = 51;

/// The transaction is in a block and does not count.
const INVALID: u8 = 52;

/// The transaction was sent, and what became of it is not known.
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
