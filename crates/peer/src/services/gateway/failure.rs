//! Errors with details: the messages of the endorsers or orderers.

use ccs_proto::gateway::ErrorDetail;
use prost::Message;
use tonic::{Code, Status};

use crate::peer::Peer;

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

/// Creates an error whose single detail is the message of this peer.
///
/// The details repeat code and message, since the SDKs for Go and Java compare them with those of the call.
pub(super) fn with_detail(peer: &Peer, code: Code, message: impl Into<String>, said: String) -> Status {
    let message = message.into();
    let detail = ErrorDetail {
        address: peer.address().to_owned(),
        msp_id: peer.signer().msp_id().to_string(),
        message: said,
    };
    let detail = prost_types::Any { type_url: TYPE_URL.to_owned(), value: detail.encode_to_vec() };
    let status = RpcStatus { code: code.into(), message: message.clone(), details: vec![detail] };
    Status::with_details(code, message, status.encode_to_vec().into())
}
