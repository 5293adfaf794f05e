//! The gateway's Endorse.

use std::time::Duration;

use ccs_proto::common::Payload;
use ccs_proto::gateway::EndorseRequest;
use ccs_proto::peer::{
    ChaincodeActionPayload, ChaincodeInvocationSpec, ChaincodeProposalPayload, SignedProposal, Transaction,
};
use prost::Message;
use tonic::{Code, Status};

use crate::evaluate::details;
use crate::proposal::Parts;
use crate::running::{Running, start, start_with};

async fn failure(peer: &Running, request: EndorseRequest) -> Status {
    peer.gateway().endorse(request).await.unwrap_err()
}

fn listing(request: EndorseRequest, organizations: &[&str]) -> EndorseRequest {
    let endorsing_organizations = organizations.iter().map(|one| (*one).to_owned()).collect();
    EndorseRequest { endorsing_organizations, ..request }
}

#[tokio::test]
async fn the_transaction_holds_the_proposal_as_it_was_signed() {
    let peer = start().await;
    let parts = peer.parts(&["put", "a", "1"]).with_transient();
    let prepared = peer.gateway().endorse(peer.endorse_request(&parts)).await.unwrap().into_inner();
    let envelope = prepared.prepared_transaction.unwrap();
    assert!(envelope.signature.is_empty());
    let payload = Payload::decode(envelope.payload.as_slice()).unwrap();
    let header = parts.header();
    assert_eq!(payload.header, Some(header.clone()));
    let transaction = Transaction::decode(payload.data.as_slice()).unwrap();
    assert_eq!(transaction.actions.len(), 1);
    assert_eq!(transaction.actions[0].header, header.signature_header);
    let action = ChaincodeActionPayload::decode(transaction.actions[0].payload.as_slice()).unwrap();
    let proposed = ChaincodeProposalPayload::decode(action.chaincode_proposal_payload.as_slice()).unwrap();
    assert!(proposed.transient_map.is_empty());
    let input = ChaincodeInvocationSpec { chaincode_spec: parts.specification.clone() };
    assert_eq!(proposed.input, input.encode_to_vec());
    assert_eq!(action.action.unwrap().endorsements.len(), 1);
    peer.stop().await;
}

#[tokio::test]
async fn a_request_holds_a_signed_proposal() {
    let peer = start().await;
    for request in [
        EndorseRequest::default(),
        EndorseRequest { proposed_transaction: Some(SignedProposal::default()), ..EndorseRequest::default() },
    ] {
        let status = failure(&peer, request).await;
        assert_eq!(
            (status.code(), status.message()),
            (Code::InvalidArgument, "the proposed transaction must contain a signed proposal")
        );
    }
    let nonsense = SignedProposal { proposal_bytes: b"\xff".to_vec(), signature: vec![1] };
    let nonsense = EndorseRequest { proposed_transaction: Some(nonsense), ..EndorseRequest::default() };
    let status = failure(&peer, nonsense).await;
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("error unmarshalling Proposal: "), "{status:?}");
    peer.stop().await;
}

#[tokio::test]
async fn somebody_has_to_endorse() {
    let peer = start().await;
    let client = &peer.network.client;
    let on = |channel: &str, chaincode: &str| Parts::on(client, channel, chaincode, &[b"get", b"a"]);
    let basic = || peer.endorse_request(&peer.parts(&["get", "a"]));
    let other = || peer.endorse_request(&on("mychannel", "other"));
    let nobody = "no combination of peers can be derived which satisfy the endorsement policy: ";
    let cases = [
        (
            listing(basic(), &["Org3MSP", "Org1MSP", "Org2MSP"]),
            Code::Unavailable,
            "failed to find any endorsing peers for org(s): Org3MSP, Org2MSP".to_owned(),
        ),
        (
            listing(other(), &["Org1MSP"]),
            Code::Unavailable,
            "failed to find any endorsing peers for org(s): Org1MSP".to_owned(),
        ),
        (
            peer.endorse_request(&on("mychannel", "other").with_transient()),
            Code::FailedPrecondition,
            "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to protect transient data".to_owned(),
        ),
        (
            other(),
            Code::FailedPrecondition,
            format!("{nobody}No metadata was found for chaincode other in channel mychannel"),
        ),
        (
            peer.endorse_request(&on("nowhere", "basic")),
            Code::FailedPrecondition,
            format!("{nobody}No metadata was found for chaincode basic in channel nowhere"),
        ),
    ];
    for (request, code, message) in cases {
        let status = failure(&peer, request).await;
        assert_eq!((status.code(), status.message()), (code, message.as_str()));
        assert_eq!(status.details(), b"");
    }
    assert!(peer.gateway().endorse(listing(basic(), &["Org1MSP"])).await.is_ok());
    peer.stop().await;
}

#[tokio::test]
async fn what_this_peer_cannot_endorse_alone_is_rejected() {
    let peer = start().await;
    peer.submit(&["put", "a", "1"]).await;
    peer.submit(&["put", "b", "1"]).await;
    peer.submit(&["endorsed by", "a", "AND('Org1MSP.peer', 'Org2MSP.peer')"]).await;
    peer.submit(&["endorsed by", "b", "OutOf(1, 'Org1MSP.peer', 'Org2MSP.peer')"]).await;
    let rejected = "no combination of peers can be derived which satisfy the endorsement policy: no peer combination can \
                    satisfy the endorsement policy";
    for arguments in [
        ["put", "a", "2"].as_slice(),
        ["increment", "a"].as_slice(),
        ["put private", "strict", "a", "1"].as_slice(),
    ] {
        let status = failure(&peer, peer.endorse_request(&peer.parts(arguments))).await;
        assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, rejected), "{arguments:?}");
        assert_eq!(status.details(), b"");
        let expected = format!(
            "rejected Endorse of basic.{}: {rejected}; the peers of Org1MSP cannot satisfy a policy of the chaincode, of a \
             collection or of a key: change the policy, or name the endorsing organizations in the application",
            arguments[0]
        );
        assert_eq!(peer.warnings().pop(), Some(expected));
    }
    for arguments in [
        ["put", "b", "2"].as_slice(),
        ["get", "a"].as_slice(),
        ["put private", "ours", "a", "1"].as_slice(),
        ["put private", "theirs", "a", "1"].as_slice(),
    ] {
        peer.submit(arguments).await;
    }
    // A client that names the organizations gets its transaction.
    let request = peer.endorse_request(&peer.parts(&["put", "a", "2"]));
    assert!(peer.gateway().endorse(listing(request, &["Org1MSP"])).await.is_ok());
    peer.stop().await;
}

#[tokio::test]
async fn whatever_the_endorser_says_is_in_the_details() {
    let peer = start().await;
    let request = |arguments: &[&str]| peer.endorse_request(&peer.parts(arguments));
    let mut bad = peer.parts(&["get", "a"]);
    bad.channel.epoch = 1;
    let cases = [
        (request(&["answer", "500", "no such asset"]), "chaincode response 500, no such asset"),
        (request(&["answer", "400", "no"]), "chaincode response 400, no"),
        (request(&["fail", "boom"]), "error in simulation: transaction returned with failure: boom"),
        (peer.endorse_request(&bad), "error validating proposal: epoch is non-zero"),
    ];
    for (request, said) in cases {
        let status = failure(&peer, request.clone()).await;
        assert_eq!(status.code(), Code::Aborted);
        assert_eq!(status.message(), "failed to endorse transaction, see attached details for more info");
        assert_eq!(details(&status), [said]);
        let status = failure(&peer, listing(request, &["Org1MSP"])).await;
        assert_eq!(
            (status.code(), status.message()),
            (
                Code::Aborted,
                "failed to collect enough transaction endorsements, see attached details for more info"
            )
        );
        assert_eq!(details(&status), [said]);
    }
    peer.stop().await;
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let peer = start_with(|options| options.endorsement_timeout = Duration::from_millis(50)).await;
    let request = || peer.endorse_request(&peer.parts(&["hang"]));
    let status = failure(&peer, request()).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.message(), "endorsement timeout expired while collecting first endorsement");
    let status = failure(&peer, listing(request(), &["Org1MSP"])).await;
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(status.message(), "endorsement timeout expired while collecting endorsements");
    peer.stop().await;
}
