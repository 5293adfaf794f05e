//! What goes wrong between a client and a gateway.

use std::fmt;
use std::time::Duration;

use ccs_identity::SignerError;
use ccs_proto::common;

use crate::refusal::Refusal;
use crate::transaction_id::TransactionId;
use crate::validation::ValidationCode;

/// What the client wanted of the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A chaincode's answer, of one peer.
    Evaluate,
    /// Endorsements.
    Endorse,
    /// Ordering.
    Submit,
    /// Whether a transaction counts.
    CommitStatus,
    /// Chaincode events.
    Events,
    /// Blocks.
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

/// Says why a client does not have what it wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no connection.
    #[error("cannot connect to {address} {}: {reason}", if *over_tls { "over TLS" } else { "in plaintext" })]
    Connect {
        /// Where the peer should listen.
        address: String,
        /// Whether it was to be over TLS.
        over_tls: bool,
        /// What the system or TLS says.
        reason: String,
    },
    /// The peer refused, or those that it asked.
    #[error("cannot {operation}: {refusal}")]
    Refused {
        /// What was asked for.
        operation: Operation,
        /// The peer's words.
        refusal: Box<Refusal>,
    },
    /// The connection broke.
    #[error("cannot {operation}: the connection to the peer broke: {reason}")]
    Lost {
        /// What was asked for.
        operation: Operation,
        /// Whether it was over TLS.
        over_tls: bool,
        /// What the system or TLS says.
        reason: String,
    },
    /// The peer did not answer.
    #[error("cannot {operation}: no answer within {}", seconds(*timeout))]
    Timeout {
        /// What was asked for.
        operation: Operation,
        /// How long the answer was waited for.
        timeout: Duration,
    },
    /// The answer is not what the protocol says.
    #[error("cannot {operation}: the peer's answer cannot be used: {reason}")]
    Answer {
        /// What was asked for.
        operation: Operation,
        /// What is wrong.
        reason: String,
    },
    /// The transaction is in a block and does not count.
    #[error("transaction {transaction_id} is in block {block} and does not count: {code}")]
    Invalid {
        /// The transaction.
        transaction_id: TransactionId,
        /// Why not.
        code: ValidationCode,
        /// The block.
        block: u64,
    },
    /// The transaction was sent for ordering; what became of it is not known.
    #[error(
        "transaction {transaction_id} was sent for ordering, and what became of it is not known: {reason}"
    )]
    Unknown {
        /// The transaction.
        transaction_id: TransactionId,
        /// Why not.
        reason: Box<Self>,
    },
    /// The peer ended a stream of blocks.
    #[error("cannot read blocks: the peer answers {}", status_name(*status))]
    Deliver {
        /// The status, as `common.Status` has it.
        status: i32,
    },
    /// The identity does not sign.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The system gives no random numbers.
    #[error("cannot make a nonce: {0}")]
    Randomness(String),
}

/// Returns the innermost cause: those around it say no more than that there was one.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    let text = innermost.to_string();
    // The system's number of an error says nothing more.
    text.split_once(" (os error").map_or(text.clone(), |(text, _)| text.to_owned())
}

/// Writes a duration, in seconds when there are enough.
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

    /// Returns what to do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Connect { over_tls, reason, .. } => Some(connect_hint(*over_tls, reason).to_owned()),
            Self::Refused { refusal, .. } => refusal.hint(),
            Self::Lost { over_tls: false, .. } => Some("the peer may want TLS there".to_owned()),
            Self::Lost { .. } => Some("the peer may have stopped: look at its log".to_owned()),
            Self::Timeout { .. } => Some(
                "the chaincode may be slow, or not running: see the peer's log, or wait longer".to_owned(),
            ),
            Self::Invalid { code, .. } => code.hint(),
            Self::Unknown { reason, .. } if is_kept(reason) => Some(
                "do not submit it again: the peer keeps it, and commits it once there is room on the disk of its ledger"
                    .to_owned(),
            ),
            Self::Unknown { transaction_id, .. } => Some(format!(
                "do not submit it again before you know: qscc has it once it is committed, by `GetTransactionByID CHANNEL {transaction_id}`"
            )),
            Self::Deliver { status } => deliver_hint(*status).map(str::to_owned),
            Self::Answer { .. } | Self::Signer(_) | Self::Randomness(_) => None,
        }
    }
}

/// Returns whether a peer of ours says that it has accepted a transaction and commits it when its disk is well again.
fn is_kept(reason: &Error) -> bool {
    let words = "the channel cannot commit transactions at the moment: ";
    matches!(reason, Error::Refused { operation: Operation::CommitStatus, refusal } if refusal.message.starts_with(words))
}

fn connect_hint(over_tls: bool, reason: &str) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if says(&["refused", "lookup", "No route", "unreachable"]) {
        "is the peer running, and does it listen there? `ccs dev` starts one for development"
    } else if says(&["UnknownIssuer", "BadSignature"]) {
        "the TLS CA is not the one that issued the peer's certificate (--tls-ca)"
    } else if says(&["not valid for name", "NotValidForName"]) {
        "the peer's certificate is for another name: give one that is in it (--server-name)"
    } else if says(&["CertificateRequired", "certificate required"]) {
        "the peer wants a client certificate, and there is no option for one yet"
    } else if over_tls {
        "the peer may not speak TLS there: try plaintext (--no-tls)"
    } else {
        "the peer may want TLS there"
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
