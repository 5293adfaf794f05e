//! Errors of a client that calls a gateway.

use std::fmt;
use std::time::Duration;

use ccs_identity::SignerError;
use ccs_proto::common;

use crate::refusal::Refusal;
use crate::transaction_id::TransactionId;
use crate::validation::ValidationCode;

/// The operation that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Evaluating a transaction on one peer.
    Evaluate,
    /// Collecting endorsements.
    Endorse,
    /// Submitting a transaction to the orderers.
    Submit,
    /// Waiting for the validation code of a transaction.
    CommitStatus,
    /// Reading chaincode events.
    Events,
    /// Reading blocks.
    Blocks,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Evaluate => "evaluate the transaction",
            Self::Endorse => "get the transaction endorsed",
            Self::Submit => "submit the transaction",
            Self::CommitStatus => "get the status of the transaction",
            Self::Events => "read chaincode events",
            Self::Blocks => "read blocks",
        })
    }
}

/// The reason why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The connection failed.
    #[error("cannot connect to {address} {}: {reason}", if *over_tls { "over TLS" } else { "in plaintext" })]
    Connect {
        /// The peer's address.
        address: String,
        /// Whether the connection uses TLS.
        over_tls: bool,
        /// The error of the system or of TLS.
        reason: String,
    },
    /// The peer, or the peers that it asked, rejected the request.
    #[error("cannot {operation}: {refusal}")]
    Refused {
        /// The operation.
        operation: Operation,
        /// The peer's error.
        refusal: Box<Refusal>,
    },
    /// The connection was lost.
    #[error("cannot {operation}: the connection to the peer broke: {reason}")]
    Lost {
        /// The operation.
        operation: Operation,
        /// Whether the connection used TLS.
        over_tls: bool,
        /// The error of the system or of TLS.
        reason: String,
    },
    /// The peer did not answer.
    #[error("cannot {operation}: no answer within {}", seconds(*timeout))]
    Timeout {
        /// The operation.
        operation: Operation,
        /// The time limit.
        timeout: Duration,
    },
    /// The answer violates the protocol.
    #[error("cannot {operation}: the peer's answer cannot be used: {reason}")]
    Answer {
        /// The operation.
        operation: Operation,
        /// The violation.
        reason: String,
    },
    /// The transaction is in a block but is invalid.
    #[error("transaction {transaction_id} in block {block} is invalid: {code}")]
    Invalid {
        /// The transaction.
        transaction_id: TransactionId,
        /// Its validation code.
        code: ValidationCode,
        /// The block.
        block: u64,
    },
    /// The transaction was submitted, but its outcome is unknown.
    #[error("transaction {transaction_id} was submitted, but its outcome is unknown: {reason}")]
    Unknown {
        /// The transaction.
        transaction_id: TransactionId,
        /// The reason.
        reason: Box<Self>,
    },
    /// The peer ended a stream of blocks.
    #[error("cannot read blocks: the peer answers {}", status_name(*status))]
    Deliver {
        /// The status, a `common.Status`.
        status: i32,
    },
    /// The identity cannot sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The system provides no random numbers.
    #[error("cannot make a nonce: {0}")]
    Randomness(String),
}

/// Returns the innermost cause, because the outer ones add no information.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    let text = innermost.to_string();
    // Removes the system's error number, which adds no information.
    text.split_once(" (os error").map_or(text.clone(), |(text, _)| text.to_owned())
}

/// Formats a duration, in seconds if it is long enough.
fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        return format!("{} s", duration.as_secs());
    }
    format!("{} ms", duration.as_millis())
}

fn status_name(status: i32) -> String {
    match common::Status::try_from(status) {
        Ok(known) => format!("{status} {}", known.as_str_name()),
        Err(_) => status.to_string(),
    }
}

impl Error {
    pub(crate) fn answer(operation: Operation, reason: impl fmt::Display) -> Self {
        Self::Answer { operation, reason: reason.to_string() }
    }

    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Connect { over_tls, reason, .. } => Some(connect_hint(*over_tls, reason).to_owned()),
            Self::Refused { refusal, .. } => refusal.hint(),
            Self::Lost { over_tls: false, .. } => Some("the peer may require TLS on this port".to_owned()),
            Self::Lost { .. } => Some("the peer may have stopped; check its log".to_owned()),
            Self::Timeout { .. } => Some(
                "the chaincode may be slow or not running; check the peer's log, or wait longer".to_owned(),
            ),
            Self::Invalid { code, .. } => code.hint(),
            Self::Unknown { reason, .. } if is_kept(reason) => Some(
                "do not submit it again: the peer keeps it, and commits it once the disk of its ledger has free space"
                    .to_owned(),
            ),
            Self::Unknown { transaction_id, .. } => Some(format!(
                "before you submit it again, check whether it was committed: call qscc with `GetTransactionByID CHANNEL {transaction_id}`"
            )),
            Self::Deliver { status } => deliver_hint(*status).map(str::to_owned),
            Self::Answer { .. } | Self::Signer(_) | Self::Randomness(_) => None,
        }
    }
}

/// Returns whether a development peer reports that it has accepted a transaction and will commit it once its disk
/// works.
fn is_kept(reason: &Error) -> bool {
    let words = "the channel cannot commit transactions at the moment: ";
    matches!(reason, Error::Refused { operation: Operation::CommitStatus, refusal } if refusal.message.starts_with(words))
}

fn connect_hint(over_tls: bool, reason: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["refused", "lookup", "No route", "unreachable"]) {
        "check that the peer runs and listens on this address; `ccs dev` starts a development peer"
    } else if says(&["UnknownIssuer", "BadSignature"]) {
        "the TLS CA is not the one that issued the peer's certificate (--tls-ca)"
    } else if says(&["not valid for name", "NotValidForName"]) {
        "the peer's certificate is for another name: pass a name that it contains (--server-name)"
    } else if says(&["CertificateRequired", "certificate required"]) {
        "the peer requires a client certificate, which this client does not support yet"
    } else if over_tls {
        "the peer may not use TLS on this port: try plaintext (--no-tls)"
    } else {
        "the peer may require TLS on this port"
    }
}

fn deliver_hint(status: i32) -> Option<&'static str> {
    match common::Status::try_from(status).ok()? {
        common::Status::BadRequest => {
            Some("the first block must not be after the last one, and this machine's clock must be right")
        }
        common::Status::Forbidden => {
            Some("the channel's readers may not include this identity, or its certificate has expired")
        }
        common::Status::NotFound => Some("the peer has no such channel, or no such block yet"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_of_deliver_has_its_name_and_a_hint() {
        let error = Error::Deliver { status: 404 };
        assert_eq!(error.to_string(), "cannot read blocks: the peer answers 404 NOT_FOUND");
        assert_eq!(error.hint().unwrap(), "the peer has no such channel, or no such block yet");
        assert_eq!(Error::Deliver { status: 999 }.to_string(), "cannot read blocks: the peer answers 999");
    }
}
