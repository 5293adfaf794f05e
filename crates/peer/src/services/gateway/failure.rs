//! Errors with details: the messages of the endorsers or orderers.

use ccs_proto::gateway::ErrorDetail;
use prost::Message;
use tonic::{Code, Status};

use crate::endorser::Endorser;

/// Type URL by which SDKs recognize a detail.
const TYPE_URL: &str = "type.googleapis.com/gateway.ErrorDetail";

/// `google.rpc.Status`, which is sent in the trailer `grpc-status-details-bin`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// Returns the message of a peer as a detail.
pub(super) fn detail(endorser: &Endorser, said: impl Into<String>) -> ErrorDetail {
    ErrorDetail {
        address: endorser.local.address.clone(),
        msp_id: endorser.local.signer.msp_id().to_string(),
        message: said.into(),
    }
}

/// Creates an error with details.
///
/// The details repeat code and message, since the SDKs for Go and Java compare them with those of the call.
pub(super) fn with_details(code: Code, message: impl Into<String>, details: Vec<ErrorDetail>) -> Status {
    let message = message.into();
    let any = |detail: ErrorDetail| prost_types::Any {
        type_url: TYPE_URL.to_owned(),
        value: detail.encode_to_vec(),
    };
    let details = details.into_iter().map(any).collect();
    let status = RpcStatus { code: code.into(), message: message.clone(), details };
    Status::with_details(code, message, status.encode_to_vec().into())
}
