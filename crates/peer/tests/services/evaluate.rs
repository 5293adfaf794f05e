//! The gateway's Evaluate.

use std::time::Duration;

use ccs_proto::gateway::{ErrorDetail, EvaluateRequest};
use ccs_proto::peer::SignedProposal;
use prost::Message;
use tokio::time::timeout;
use tonic::{Code, Request, Status};

use crate::network::Organization;
use crate::proposal::Parts;
use crate::running::{LIMIT, Running, start, start_with};

/// `google.rpc.Status` as a client reads it.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<prost_types::Any>,
}

/// Returns the details of an error, after the checks that the SDKs make.
pub(crate) fn all_details(status: &Status) -> Vec<ErrorDetail> {
    if status.details().is_empty() {
        return Vec::new();
    }
    let inner = RpcStatus::decode(status.details()).unwrap();
    assert_eq!(inner.code, i32::from(status.code()));
    assert_eq!(inner.message, status.message());
    let detail = |any: &prost_types::Any| {
        assert_eq!(any.type_url, "type.googleapis.com/gateway.ErrorDetail");
        ErrorDetail::decode(any.value.as_slice()).unwrap()
    };
    inner.details.iter().map(detail).collect()
}

/// Returns the messages of the only peer, after the checks that the SDKs make.
pub(crate) fn details(status: &Status) -> Vec<String> {
    let message = |detail: ErrorDetail| {
        assert_eq!((detail.address.as_str(), detail.msp_id.as_str()), ("peer:7051", "Org1MSP"));
        detail.message
    };
    all_details(status).into_iter().map(message).collect()
}

async fn failure(peer: &Running, request: EvaluateRequest) -> Status {
    peer.gateway().evaluate(request).await.unwrap_err()
}

#[tokio::test]
async fn the_result_is_the_chaincodes() {
    let peer = start().await;
    peer.submit(&["put", "a", "1"]).await;
    assert_eq!(peer.evaluate(&["get", "a"]).await, b"1");
    let request = peer.evaluate_request(&peer.parts(&["answer", "201", "made"]));
    let result = peer.gateway().evaluate(request).await.unwrap().into_inner().result.unwrap();
    assert_eq!(
        (result.status, result.message.as_str(), result.payload.as_slice()),
        (201, "made", b"result".as_slice())
    );
    peer.stop().await;
}

#[tokio::test]
async fn a_request_says_what_to_evaluate() {
    let peer = start().await;
    let with = |change: fn(&mut Parts)| {
        let mut parts = peer.parts(&["get", "a"]);
        change(&mut parts);
        peer.evaluate_request(&parts)
    };
    let empty = EvaluateRequest {
        proposed_transaction: Some(SignedProposal::default()),
        ..EvaluateRequest::default()
    };
    let cases = [
        (EvaluateRequest::default(), "a signed proposal is required"),
        (empty, "a signed proposal is required"),
        (with(|parts| parts.channel.channel_id.clear()), "no channel id provided"),
        (with(|parts| parts.specification = None), "no chaincode spec is provided, channel id [mychannel]"),
        (
            with(|parts| parts.specification.as_mut().unwrap().chaincode_id = None),
            "no chaincode id is provided, channel id [mychannel]",
        ),
        (
            with(|parts| {
                let id = parts.specification.as_mut().unwrap().chaincode_id.as_mut();
                id.unwrap().name.clear();
            }),
            "no chaincode name is provided, channel id [mychannel]",
        ),
    ];
    for (request, reason) in cases {
        let status = failure(&peer, request).await;
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), format!("failed to unpack transaction proposal: {reason}"));
        assert_eq!(status.details(), b"");
    }
    let nonsense = SignedProposal { proposal_bytes: b"\xff".to_vec(), signature: vec![1] };
    let nonsense = EvaluateRequest { proposed_transaction: Some(nonsense), ..EvaluateRequest::default() };
    let status = failure(&peer, nonsense).await;
    let expected = "failed to unpack transaction proposal: error unmarshalling Proposal: ";
    assert!(status.message().starts_with(expected), "{status:?}");
    peer.stop().await;
}

#[tokio::test]
async fn somebody_has_to_have_the_chaincode() {
    let peer = start().await;
    let client = &peer.network.client;
    let on = |channel: &str, chaincode: &str| Parts::on(client, channel, chaincode, &[b"get", b"a"]);
    let nobody = "no peers available to evaluate chaincode other in channel mychannel";

    let status = failure(&peer, peer.evaluate_request(&on("nowhere", "basic"))).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(
        status.message(),
        "failed to get config for channel [nowhere]: could not get last config for channel nowhere"
    );
    let status = failure(&peer, peer.evaluate_request(&on("mychannel", "other"))).await;
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, nobody));
    let secret = on("mychannel", "other").with_transient();
    let status = failure(&peer, peer.evaluate_request(&secret)).await;
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(
        status.message(),
        format!(
            "no endorsers found in the gateway's organization; retry specifying target organization(s) to protect transient data: {nobody}"
        )
    );
    let elsewhere = |organization: &str| EvaluateRequest {
        target_organizations: vec![organization.to_owned()],
        ..peer.evaluate_request(&peer.parts(&["get", "a"]))
    };
    let status = failure(&peer, elsewhere("Org2MSP")).await;
    assert_eq!(
        (status.code(), status.message()),
        (Code::FailedPrecondition, "no peers available to evaluate chaincode basic in channel mychannel")
    );
    assert!(peer.gateway().evaluate(elsewhere("Org1MSP")).await.is_ok());
    peer.stop().await;
}

#[tokio::test]
async fn what_the_endorser_says_decides_about_the_code() {
    let peer = start().await;
    let request = |arguments: &[&str]| peer.evaluate_request(&peer.parts(arguments));
    let status = failure(&peer, request(&["answer", "404", "no such asset"])).await;
    let said = "chaincode response 404, no such asset";
    assert_eq!(status.code(), Code::Unknown);
    assert_eq!(status.message(), format!("evaluate call to endorser returned error: {said}"));
    assert_eq!(details(&status), [said]);

    let status = failure(&peer, request(&["fail", "boom"])).await;
    assert_eq!(status.code(), Code::Aborted);
    assert_eq!(status.message(), "failed to evaluate transaction, see attached details for more info");
    assert_eq!(details(&status), ["error in simulation: transaction returned with failure: boom"]);

    let stranger = Organization::new("Org2MSP").signer("client");
    let signed = Parts::new(&stranger, &["get", "a"]).signed(&stranger);
    let signed = EvaluateRequest { proposed_transaction: Some(signed), ..EvaluateRequest::default() };
    let status = failure(&peer, signed).await;
    let said = "error validating proposal: access denied: channel [mychannel] creator org unknown, creator is malformed";
    assert_eq!(status.code(), Code::FailedPrecondition);
    assert_eq!(status.message(), format!("evaluate call to endorser returned error: {said}"));
    assert_eq!(details(&status), [said]);

    let old = peer.network.organization.expired();
    let signed = Parts::new(&old, &["get", "a"]).signed(&old);
    let signed = EvaluateRequest { proposed_transaction: Some(signed), ..EvaluateRequest::default() };
    let status = failure(&peer, signed).await;
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(details(&status), ["proposal client identity expired"]);
    peer.stop().await;
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let peer = start_with(|options| options.endorsement_timeout = Duration::from_millis(50)).await;
    let status = failure(&peer, peer.evaluate_request(&peer.parts(&["hang"]))).await;
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "evaluate timeout expired"));
    peer.stop().await;
}

#[tokio::test]
async fn a_client_that_gives_up_is_told_why_if_it_listens() {
    let peer = start().await;
    let mut request = Request::new(peer.evaluate_request(&peer.parts(&["hang"])));
    // Not with `set_timeout`, because the client itself would then cancel the call.
    request.metadata_mut().insert("grpc-timeout", "200m".parse().unwrap());
    let status = peer.gateway().evaluate(request).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "evaluate timeout expired"));
    peer.stop().await;
}

#[tokio::test]
async fn a_call_that_is_dropped_does_not_wait_any_longer() {
    let mut peer = start().await;
    let request = peer.evaluate_request(&peer.parts(&["hang"]));
    let mut gateway = peer.gateway();
    let call = tokio::spawn(async move { gateway.evaluate(request).await });
    timeout(LIMIT, peer.hanging.wait_for(|count| *count == 1)).await.unwrap().unwrap();
    call.abort();
    timeout(LIMIT, peer.hanging.wait_for(|count| *count == 0)).await.unwrap().unwrap();
    peer.stop().await;
}
