//! The gRPC status with which a gateway rejects a request, with the error of each endorser or orderer.

use std::fmt;

use ccs_proto::gateway::ErrorDetail;
use prost::Message as _;
use tonic::Code;

/// The type of the details in a gateway's status (Fabric 3.1 `internal/pkg/gateway/apiutils.go`).
const ERROR_DETAIL: &str = "type.googleapis.com/gateway.ErrorDetail";

/// The error status of a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The gRPC code.
    pub code: Code,
    /// The gateway's message.
    pub message: String,
    /// The errors of the endorsers or orderers that the gateway asked.
    pub details: Vec<Detail>,
}

/// The error of one endorser or orderer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Its address.
    pub address: String,
    /// Its organization.
    pub msp_id: String,
    /// Its message.
    pub message: String,
}

/// `google.rpc.Status`; only its details add information.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

impl Refusal {
    pub(crate) fn of(status: &tonic::Status) -> Self {
        Self { code: status.code(), message: status.message().to_owned(), details: details(status.details()) }
    }

    /// Returns the name of the code in gRPC's specification, such as `ABORTED`.
    #[must_use]
    pub const fn code_name(&self) -> &'static str {
        match self.code {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// Returns whether a submitted transaction was certainly not ordered: no orderer was asked, or each one rejected
    /// it.
    pub(crate) fn is_final(&self) -> bool {
        let is_no = matches!(
            self.code,
            Code::Aborted
                | Code::FailedPrecondition
                | Code::InvalidArgument
                | Code::PermissionDenied
                | Code::Unimplemented
        );
        // An orderer that answers a transaction with this text has rejected it.
        let say_no =
            |detail: &Detail| detail.message.starts_with("received unsuccessful response from orderer: ");
        is_no
            || (!self.details.is_empty() && self.details.iter().all(say_no))
            || self.message.contains("no orderer nodes available")
            || self.message.contains("too many requests")
    }

    fn says(&self, words: &str) -> bool {
        self.message.contains(words) || self.details.iter().any(|detail| detail.message.contains(words))
    }

    fn denies_access(&self) -> bool {
        self.says("access denied: channel [")
            || self.says("access denied for [")
            || self.code == Code::PermissionDenied
    }

    /// Returns whether the peer rejects the identity or its signature.
    #[must_use]
    pub fn rejects_identity(&self) -> bool {
        self.denies_access()
            || self.says("client identity expired")
            || self.says("unauthorized due to incorrect timestamp")
    }

    /// Returns whether the peer does not have the channel.
    #[must_use]
    pub fn misses_channel(&self) -> bool {
        self.says("failed to get config for channel")
    }

    /// Returns whether the channel does not have the chaincode.
    #[must_use]
    pub fn misses_chaincode(&self) -> bool {
        self.says("has been successfully defined")
            || self.says("no peers available to evaluate chaincode")
            || self.says("No metadata was found for chaincode")
    }

    /// Returns whether the error of an evaluation is the response of the chaincode.
    #[must_use]
    pub fn is_of_chaincode(&self) -> bool {
        self.code == Code::Unknown && self.says("chaincode response ")
    }

    /// Returns what to do about an error with a known text.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let says = |words: &str| self.says(words);
        // Texts of a peer, long enough that no chaincode is likely to return them.
        let hint = if says("unauthorized due to incorrect timestamp") {
            "the clocks of this machine and the peer's differ by more than 15 minutes"
        } else if self.denies_access() {
            "the channel does not accept this identity: check its MSP ID and the CA that issued its certificate"
        } else if says("client identity expired") {
            "the certificate of this identity has expired: enroll the identity again"
        } else if says("has been successfully defined") {
            "check the names of the chaincode and the channel: the peer has no chaincode with this name, or no committed definition"
        } else if says("no peers available to evaluate chaincode")
            || says("failed to find any endorsing peers")
        {
            "check the names of the chaincode, the channel and the organizations (--org): the gateway finds no peer of theirs with a committed definition of this chaincode"
        } else if says("failed to get config for channel") || says("no combination of peers can be derived") {
            "check the names of the channel and the chaincode: the channel may not exist on this peer, or may not have this chaincode"
        } else if says("ProposalResponsePayloads do not match") {
            "the chaincode is not deterministic, or the peers are at different blocks: do not write times, random numbers or the order of maps to the state"
        } else if says("chaincode stream terminated") {
            "the chaincode ended while it ran the transaction: check its log"
        } else if says("cannot commit transactions at the moment") {
            "the peer cannot write its ledger: free some space on its disk, submit again, and check its log for details"
        } else if says("evaluate timeout expired") || says("endorsement timeout expired") {
            "the chaincode is not running, is slow, or is stopped at a breakpoint: check its output and the peer's"
        } else if self.code == Code::Unimplemented {
            "not a Fabric 2.4+ peer, or its gateway is disabled"
        } else {
            return None;
        };
        Some(hint.to_owned())
    }
}

/// Formats each cause once: a text of an endorser that the gateway repeats is shown with the endorser's address.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |message: &str| self.message.contains(message);
        write!(f, "{}: {}", self.code_name(), self.message)?;
        let same: Vec<_> = self.details.iter().filter(|detail| known(&detail.message)).collect();
        if !same.is_empty() {
            write!(f, " ({})", speakers(&same))?;
        }
        let mut told: Vec<&str> = Vec::new();
        for detail in self.details.iter().filter(|detail| !known(&detail.message)) {
            if told.contains(&detail.message.as_str()) {
                continue;
            }
            told.push(&detail.message);
            let alike: Vec<_> = self.details.iter().filter(|other| other.message == detail.message).collect();
            let separator = if told.len() == 1 { ':' } else { ';' };
            write!(f, "{separator} {}: {}", speakers(&alike), detail.message)?;
        }
        Ok(())
    }
}

fn speakers(details: &[&Detail]) -> String {
    let name = |detail: &&Detail| match detail.msp_id.as_str() {
        "" => detail.address.clone(),
        msp_id => format!("{} {msp_id}", detail.address),
    };
    details.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// Decodes the details; skips those that cannot be decoded.
fn details(bytes: &[u8]) -> Vec<Detail> {
    let status = RpcStatus::decode(bytes).unwrap_or_default();
    let of_type = status.details.into_iter().filter(|any| any.type_url == ERROR_DETAIL);
    let decoded = of_type.filter_map(|any| ErrorDetail::decode(any.value.as_slice()).ok());
    let detail = |detail: ErrorDetail| Detail {
        address: detail.address,
        msp_id: detail.msp_id,
        message: detail.message,
    };
    decoded.map(detail).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(message: &str, details: &[(&str, &str, &str)]) -> Refusal {
        let detail = |&(address, msp_id, message): &(&str, &str, &str)| Detail {
            address: address.to_owned(),
            msp_id: msp_id.to_owned(),
            message: message.to_owned(),
        };
        Refusal {
            code: Code::Aborted,
            message: message.to_owned(),
            details: details.iter().map(detail).collect(),
        }
    }

    #[test]
    fn each_cause_is_told_once() {
        let all = "failed to endorse transaction, see attached details for more info";
        for (message, details, text) in [
            ("no orderer nodes available", &[][..], "ABORTED: no orderer nodes available"),
            (
                "evaluate call to endorser returned error: chaincode response 500, no asset",
                &[("peer0:7051", "Org1MSP", "chaincode response 500, no asset")],
                "ABORTED: evaluate call to endorser returned error: chaincode response 500, no asset (peer0:7051 Org1MSP)",
            ),
            (
                all,
                &[("a:1", "AMSP", "x"), ("b:2", "BMSP", "y"), ("c:3", "", "x")],
                "ABORTED: failed to endorse transaction, see attached details for more info: a:1 AMSP, c:3: x; b:2 BMSP: y",
            ),
        ] {
            assert_eq!(refusal(message, details).to_string(), text);
        }
    }

    #[test]
    fn a_transaction_that_every_orderer_has_refused_is_surely_not_ordered() {
        let said = "received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=the channel cannot commit transactions at the moment: cannot write the ledger";
        let refusal = |details: &[(&str, &str, &str)]| Refusal {
            code: Code::Unavailable,
            ..refusal("no orderers could successfully process transaction", details)
        };
        let refused = refusal(&[("a:1", "AMSP", said), ("b:2", "BMSP", said)]);
        assert!(refused.is_final());
        assert_eq!(
            refused.hint().unwrap(),
            "the peer cannot write its ledger: free some space on its disk, submit again, and check its log for details"
        );
        // This orderer may have accepted it before its connection was lost.
        let broken = "failed to receive response from orderer: EOF";
        assert!(!refusal(&[("a:1", "AMSP", said), ("b:2", "BMSP", broken)]).is_final());
        assert!(!refusal(&[]).is_final());
    }

    #[test]
    fn what_the_peer_does_not_know_has_a_hint() {
        let details = [(
            "peer0:7051",
            "Org1MSP",
            "make sure the chaincode basik has been successfully defined on channel mychannel and try again: chaincode basik not found",
        )];
        let hint = refusal("failed to endorse transaction", &details).hint().unwrap();
        assert!(hint.starts_with("check the names of the chaincode and the channel"), "{hint}");
        let hint = refusal("failed to find any endorsing peers for org(s): Org9MSP", &[]).hint().unwrap();
        assert!(
            hint.starts_with("check the names of the chaincode, the channel and the organizations (--org): "),
            "{hint}"
        );
        assert_eq!(refusal("chaincode response 500, no asset", &[]).hint(), None);
    }

    #[test]
    fn a_peer_that_refuses_the_identity_has_a_hint_and_a_chaincode_that_does_has_none() {
        let hint =
            |message: &str| refusal("failed to endorse transaction", &[("a:1", "AMSP", message)]).hint();
        for (message, start) in [
            (
                "error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]",
                "the channel does not accept this identity: ",
            ),
            (
                "chaincode response 500, access denied for [GetChainInfo][mychannel]: [no]",
                "the channel does not accept this identity: ",
            ),
            ("proposal client identity expired", "the certificate of this identity has expired: "),
            ("request unauthorized due to incorrect timestamp 2026-01-02T03:04:05Z", "the clocks of "),
        ] {
            assert!(hint(message).is_some_and(|hint| hint.starts_with(start)), "{message}");
        }
        for message in ["access denied: you are not the owner", "identity expired", "incorrect timestamp"] {
            assert_eq!(hint(&format!("chaincode response 500, {message}")), None);
        }
    }

    #[test]
    fn only_details_of_the_gateways_type_are_read() {
        let detail = ErrorDetail { address: "a:1".into(), msp_id: "AMSP".into(), message: "x".into() };
        let any = |type_url: &str| prost_types::Any {
            type_url: type_url.to_owned(),
            value: detail.encode_to_vec(),
        };
        let status =
            RpcStatus { details: vec![any("type.googleapis.com/google.rpc.Help"), any(ERROR_DETAIL)] };
        let read = details(&status.encode_to_vec());
        assert_eq!(read, refusal("", &[("a:1", "AMSP", "x")]).details);
    }

    proptest! {
        #[test]
        fn any_bytes_are_details(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = details(&bytes);
        }
    }
}
