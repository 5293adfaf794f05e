//! Why a proposal is refused; the texts are a peer's, for clients match on them.

use std::time::{Duration, SystemTime};

use ccs_channel::time::Rfc3339;
use ccs_proto::common::HeaderType;
use prost::DecodeError;

/// A proposal is refused before anything was simulated: an error of the call, not a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndorserError {
    /// By what stands in front of the endorser, which a gateway takes for an endorser that cannot be reached.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// By the endorser.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
}

/// A filter refuses a request (Fabric 3.1 `core/handlers/auth/filter`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A level of the proposal cannot be decoded.
    #[error("failed parsing {0}")]
    Undecodable(Undecodable),
    /// The client's certificate has ended.
    #[error("proposal client identity expired")]
    Expired,
    /// The client's clock and the peer's differ too much.
    #[error(
        "request unauthorized due to incorrect timestamp {}, peer time {}, peer.authentication.timewindow {}",
        Rfc3339(*proposed),
        Rfc3339(*now),
        minutes(*window)
    )]
    Time {
        /// The time in the channel header.
        proposed: SystemTime,
        /// The peer's time.
        now: SystemTime,
        /// How much they may differ.
        window: Duration,
    },
}

/// The proposal is not what a proposal has to be (Fabric 3.1 `core/endorser/msgvalidation.go`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// A level cannot be decoded.
    #[error("error unmarshalling {0}")]
    Undecodable(Undecodable),
    /// The header names no chaincode.
    #[error("ChaincodeHeaderExtension.ChaincodeId is nil")]
    NoChaincodeId,
    /// The header names a chaincode without a name.
    #[error("ChaincodeHeaderExtension.ChaincodeId.Name is empty")]
    NoChaincodeName,
    /// The payload holds no specification.
    #[error("chaincode invocation spec did not contain chaincode spec")]
    NoSpec,
    /// The specification holds no arguments.
    #[error("chaincode input did not contain any input")]
    NoInput,
    /// The header has another type.
    #[error("error validating proposal: invalid header type {}", header_type(*.0))]
    HeaderType(i32),
    /// The epoch is not 0.
    #[error("error validating proposal: epoch is non-zero")]
    Epoch,
    /// There is no nonce.
    #[error("error validating proposal: nonce is empty")]
    NoNonce,
    /// There is no creator.
    #[error("error validating proposal: creator is empty")]
    NoCreator,
    /// The transaction ID is not that of nonce and creator.
    #[error("error validating proposal: incorrectly computed txid '{found}' -- expected '{expected}'")]
    TransactionId {
        /// What the header says.
        found: String,
        /// The right one.
        expected: String,
    },
    /// There is no signature.
    #[error("error validating proposal: empty signature bytes")]
    NoSignature,
    /// The creator cannot be read, or belongs to no organization of the channel.
    #[error(
        "error validating proposal: access denied: channel [{channel}] creator org unknown, creator is malformed"
    )]
    UnknownCreator {
        /// The channel.
        channel: String,
        /// What is wrong, for a log: the client is not told.
        reason: String,
    },
    /// The creator's certificate, or the signature, is not valid.
    #[error("error validating proposal: access denied: channel [{channel}] creator org [{organization}]")]
    Denied {
        /// The channel.
        channel: String,
        /// The creator's MSP.
        organization: String,
        /// What is wrong, for a log: the client is not told.
        reason: String,
    },
    /// The transaction is in a block already.
    #[error("duplicate transaction found [{id}]. Creator [{}]", hex::encode(.creator))]
    Duplicate {
        /// The transaction.
        id: String,
        /// Who proposes it.
        creator: Vec<u8>,
    },
    /// The ledger failed.
    #[error("{0}")]
    Ledger(String),
}

impl ProposalError {
    /// Returns what the client is not told, for the peer's own log.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::UnknownCreator { reason, .. } | Self::Denied { reason, .. } => Some(reason),
            _ => None,
        }
    }
}

/// A message cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {reason}")]
pub struct Undecodable {
    /// The name of the message.
    pub message: &'static str,
    /// Why.
    pub reason: DecodeError,
}

/// Returns the name of a type, or its number where it has none, as Go prints it.
fn header_type(number: i32) -> String {
    HeaderType::try_from(number).map_or_else(|_| number.to_string(), |name| name.as_str_name().to_owned())
}

/// Writes whole minutes as Go does.
fn minutes(window: Duration) -> String {
    format!("{}m{}s", window.as_secs() / 60, window.as_secs() % 60)
}
