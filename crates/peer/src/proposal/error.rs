//! Errors for rejected proposals. The texts are a peer's, since clients match on them.

use std::time::{Duration, SystemTime};

use ccs_channel::time::Rfc3339;
use ccs_proto::common::HeaderType;
use prost::DecodeError;

/// Rejection of a proposal before simulation: an error of the call instead of a response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndorserError {
    /// The filter in front of the endorser rejects it; a gateway reports this as an unreachable endorser.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The endorser rejects it.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
}

/// Rejection by a filter (Fabric 3.1 `core/handlers/auth/filter`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// A level of the proposal cannot be decoded.
    #[error("failed parsing {0}")]
    Undecodable(Undecodable),
    /// The client's certificate has expired.
    #[error("proposal client identity expired")]
    Expired,
    /// The difference between the client's and the peer's clock is too large.
    #[error(
        "request unauthorized due to incorrect timestamp {}, peer time {}, peer.authentication.timewindow {}",
        Rfc3339(*proposed),
        Rfc3339(*now),
        minutes(*window)
    )]
    Time {
        /// Time in the channel header.
        proposed: SystemTime,
        /// Time of the peer.
        now: SystemTime,
        /// Largest accepted difference.
        window: Duration,
    },
}

/// Rejection by the endorser's checks (Fabric 3.1 `core/endorser/msgvalidation.go`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// A level of the proposal cannot be decoded.
    #[error("error unmarshalling {0}")]
    Undecodable(Undecodable),
    /// The header has no chaincode ID.
    #[error("ChaincodeHeaderExtension.ChaincodeId is nil")]
    NoChaincodeId,
    /// The chaincode ID in the header has no name.
    #[error("ChaincodeHeaderExtension.ChaincodeId.Name is empty")]
    NoChaincodeName,
    /// The payload has no specification.
    #[error("chaincode invocation spec did not contain chaincode spec")]
    NoSpec,
    /// The specification has no arguments.
    #[error("chaincode input did not contain any input")]
    NoInput,
    /// The header has an unexpected type.
    #[error("error validating proposal: invalid header type {}", header_type(*.0))]
    HeaderType(i32),
    /// The epoch is not 0.
    #[error("error validating proposal: epoch is non-zero")]
    Epoch,
    /// The nonce is empty.
    #[error("error validating proposal: nonce is empty")]
    NoNonce,
    /// The creator is empty.
    #[error("error validating proposal: creator is empty")]
    NoCreator,
    /// The transaction ID does not match the nonce and the creator.
    #[error("error validating proposal: incorrectly computed txid '{found}' -- expected '{expected}'")]
    TransactionId {
        /// ID in the header.
        found: String,
        /// Correct ID.
        expected: String,
    },
    /// The signature is empty.
    #[error("error validating proposal: empty signature bytes")]
    NoSignature,
    /// The creator cannot be read, or its organization is not in the channel.
    #[error(
        "error validating proposal: access denied: channel [{channel}] creator org unknown, creator is malformed"
    )]
    UnknownCreator {
        /// Name of the channel.
        channel: String,
        /// Reason, for the peer's log only: the client does not see it.
        reason: String,
    },
    /// The creator's certificate or signature is invalid.
    #[error("error validating proposal: access denied: channel [{channel}] creator org [{organization}]")]
    Denied {
        /// Name of the channel.
        channel: String,
        /// MSP ID of the creator.
        organization: String,
        /// Reason, for the peer's log only: the client does not see it.
        reason: String,
    },
    /// The transaction is already in a block.
    #[error("duplicate transaction found [{id}]. Creator [{}]", hex::encode(.creator))]
    Duplicate {
        /// ID of the transaction.
        id: String,
        /// Serialized identity of the creator.
        creator: Vec<u8>,
    },
    /// The ledger failed.
    #[error("{0}")]
    Ledger(String),
}

impl EndorserError {
    /// Returns the reason that the client does not see, for the peer's log.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Proposal(
                ProposalError::UnknownCreator { reason, .. } | ProposalError::Denied { reason, .. },
            ) => Some(reason),
            _ => None,
        }
    }

    /// Returns the next step for the owner of the client.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Filter(FilterError::Expired) => Some("renew the certificate of the client's identity"),
            Self::Filter(FilterError::Time { .. }) => Some("set the clocks of client and peer"),
            Self::Proposal(ProposalError::UnknownCreator { .. } | ProposalError::Denied { .. }) => {
                Some("sign with the key of an identity whose organization is in the channel")
            }
            Self::Proposal(ProposalError::Duplicate { .. }) => {
                Some("create a new proposal for each transaction")
            }
            _ => None,
        }
    }
}

/// Message that cannot be decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {reason}")]
pub struct Undecodable {
    /// Name of the message.
    pub message: &'static str,
    /// Error from decoding it.
    pub reason: DecodeError,
}

/// Returns the name of a header type, or its number if it has no name, as Go prints it.
fn header_type(number: i32) -> String {
    HeaderType::try_from(number).map_or_else(|_| number.to_string(), |name| name.as_str_name().to_owned())
}

/// Formats whole minutes as Go does.
fn minutes(window: Duration) -> String {
    format!("{}m{}s", window.as_secs() / 60, window.as_secs() % 60)
}
