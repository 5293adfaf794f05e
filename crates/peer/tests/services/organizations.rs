//! Two organizations with a peer each and one ordering service.

use std::sync::{Arc, Mutex};

use ccs_channel::Channel;
use ccs_ledger::Store;
use ccs_peer::observer::PeerEvent;
use ccs_peer::{NewPeer, Observer, Peer, PeerOptions};
use ccs_proto::common::{Envelope, Payload};
use ccs_proto::gateway::ErrorDetail;
use ccs_proto::peer::{
    ChaincodeActionPayload, ChaincodeEndorsedAction, Transaction, TxValidationCode as TxCode,
};
use prost::Message;
use tonic::{Code, Status};

use crate::evaluate::all_details;
use crate::fake_contract::FakeContract;
use crate::network::{CHANNEL, Network, Organization, manager};
use crate::proposal::Parts;
use crate::running::{Running, genesis, serve_node};

/// Starts the peers of two organizations, on which the given ones have the contract.
async fn start_with(has_contract: [bool; 2]) -> [Running; 2] {
    let organizations = ["Org1MSP", "Org2MSP"];
    let networks = organizations.map(|id| {
        let organization = Organization::new(id);
        let client = organization.signer("client");
        Network { organization, client }
    });
    let msps: Vec<_> = networks.iter().map(|network| Arc::clone(network.organization.msp())).collect();
    let ledgers = Store::temporary().unwrap().replicas(CHANNEL, &organizations, genesis).unwrap();
    let events = [Arc::<Mutex<Vec<PeerEvent>>>::default(), Arc::default()];
    let new = (0..2).map(|index| {
        let (network, told) = (&networks[index], Arc::clone(&events[index]));
        let mut options = PeerOptions::new(
            format!("peer{index}:7051"),
            Arc::new(network.organization.signer("peer")),
            manager(&[&network.organization]),
        );
        options.observer = Observer::new(move |event| told.lock().unwrap().push(event));
        let contract = FakeContract {
            organization: organizations[index],
            is_absent: !has_contract[index],
            ..FakeContract::default()
        };
        let channel = Channel::new(ledgers[index].clone(), msps.clone());
        NewPeer { options, executor: Arc::new(contract), channels: vec![Arc::new(channel)] }
    });
    let nodes = Peer::start_network(new.collect());
    let parts = networks.into_iter().zip(&ledgers).zip(nodes).zip(events);
    let mut running = Vec::new();
    for (((network, ledger), node), events) in parts {
        running.push(serve_node(network, ledger.clone(), node, events).await);
    }
    running.try_into().unwrap_or_else(|_| panic!("there are two"))
}

pub(crate) async fn start() -> [Running; 2] {
    start_with([true, true]).await
}

pub(crate) async fn stop(peers: [Running; 2]) {
    for peer in peers {
        peer.stop().await;
    }
}

/// Returns the organizations that have endorsed a transaction.
fn endorsers(envelope: &Envelope) -> Vec<String> {
    let payload = Payload::decode(envelope.payload.as_slice()).unwrap();
    let transaction = Transaction::decode(payload.data.as_slice()).unwrap();
    let action = ChaincodeActionPayload::decode(transaction.actions[0].payload.as_slice()).unwrap();
    let ChaincodeEndorsedAction { endorsements, .. } = action.action.unwrap();
    let organization = |endorser: &[u8]| ccs_proto::msp::SerializedIdentity::decode(endorser).unwrap().mspid;
    endorsements.iter().map(|endorsement| organization(&endorsement.endorser)).collect()
}

/// Submits a transaction through a peer's gateway. Returns its endorsers and its code.
async fn submit(peer: &Running, arguments: &[&str]) -> (Vec<String>, TxCode) {
    let parts = peer.parts(arguments);
    let envelope = peer.prepare(&parts).await;
    let endorsers = endorsers(&envelope);
    peer.send(envelope).await.unwrap();
    (endorsers, peer.status(&parts.id()).await.result())
}

async fn refused(peer: &Running, parts: &Parts) -> Status {
    peer.gateway().endorse(peer.endorse_request(parts)).await.unwrap_err()
}

fn detail(address: &str, msp_id: &str, message: &str) -> ErrorDetail {
    ErrorDetail { address: address.to_owned(), msp_id: msp_id.to_owned(), message: message.to_owned() }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const BOTH: [&str; 2] = ["Org1MSP", "Org2MSP"];

#[tokio::test]
async fn both_peers_endorse_and_know_every_block() {
    let peers = start().await;
    let [one, other] = &peers;
    let parts = one.parts(&["put", "a", "1"]);
    let envelope = one.prepare(&parts).await;
    assert_eq!(endorsers(&envelope), BOTH);
    one.send(envelope).await.unwrap();
    for peer in [one, other] {
        let status = peer.status(&parts.id()).await;
        assert_eq!((status.result(), status.block_number), (TxCode::Valid, 1));
        assert_eq!(peer.evaluate(&["get", "a"]).await, b"1");
    }
    let (endorsers, code) = submit(other, &["increment", "a"]).await;
    assert_eq!((endorsers, code), (vec!["Org2MSP".to_owned(), "Org1MSP".to_owned()], TxCode::Valid));
    assert_eq!(one.evaluate(&["get", "a"]).await, b"1+");
    assert_eq!(one.ledger.block(2).unwrap(), other.ledger.block(2).unwrap());
    // The events come after the commit that the client sees, and before the end of the peer.
    let events = [Arc::clone(&one.events), Arc::clone(&other.events)];
    stop(peers).await;
    // Each commit is reported once, by a peer that can tell what the transaction did.
    let committed = events.map(|events| {
        let events = events.lock().unwrap();
        let of_commits = events.iter().filter_map(|event| match event {
            PeerEvent::Committed(committed) => Some((committed.block, committed.simulated.is_some())),
            _ => None,
        });
        of_commits.collect::<Vec<_>>()
    });
    assert_eq!(committed, [vec![(1, true), (2, true)], vec![]]);
}

#[tokio::test]
async fn a_client_that_names_too_few_organizations_gets_an_invalid_transaction() {
    let peers = start().await;
    let parts = peers[0].parts(&["put", "a", "1"]);
    let envelope = peers[0].prepare_for(&parts, "Org2MSP").await;
    assert_eq!(endorsers(&envelope), ["Org2MSP"]);
    peers[0].send(envelope).await.unwrap();
    for peer in &peers {
        assert_eq!(peer.status(&parts.id()).await.result(), TxCode::EndorsementPolicyFailure);
    }
    let mut request = peers[0].endorse_request(&parts);
    request.endorsing_organizations = ["Org3MSP", "Org2MSP", "Org4MSP"].map(str::to_owned).to_vec();
    let status = peers[0].gateway().endorse(request).await.unwrap_err();
    let message = "failed to find any endorsing peers for org(s): Org3MSP, Org4MSP";
    assert_eq!((status.code(), status.message()), (Code::Unavailable, message));
    let hint = "the network has the organizations Org1MSP, Org2MSP";
    assert_eq!(peers[0].warnings(), [format!("rejected Endorse: {message}; {hint}")]);
    stop(peers).await;
}

#[tokio::test]
async fn a_failure_of_the_other_peer_is_in_the_details() {
    let peers = start().await;
    let not_enough = "failed to collect enough transaction endorsements, see attached details for more info";
    for (arguments, message) in [
        (["on", "Org2MSP", "answer", "500", "no"].as_slice(), "chaincode response 500, no"),
        (
            ["on", "Org2MSP", "fail", "boom"].as_slice(),
            "error in simulation: transaction returned with failure: boom",
        ),
    ] {
        let status = refused(&peers[0], &peers[0].parts(arguments)).await;
        assert_eq!((status.code(), status.message()), (Code::Aborted, not_enough));
        assert_eq!(all_details(&status), [detail("peer1:7051", "Org2MSP", message)]);
        // The other peer's gateway does not get past its own peer.
        let status = refused(&peers[1], &peers[1].parts(arguments)).await;
        let message_of_first = "failed to endorse transaction, see attached details for more info";
        assert_eq!((status.code(), status.message()), (Code::Aborted, message_of_first));
        assert_eq!(all_details(&status), [detail("peer1:7051", "Org2MSP", message)]);
    }
    stop(peers).await;
}

#[tokio::test]
async fn peers_with_different_results_do_not_endorse_together() {
    let peers = start().await;
    let status = refused(&peers[1], &peers[1].parts(&["put own name", "a"])).await;
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::Aborted,
            "failed to collect enough transaction endorsements, see attached details for more info"
        )
    );
    let mismatch = "ProposalResponsePayloads do not match";
    assert_eq!(all_details(&status), [detail("peer0:7051", "Org1MSP", mismatch)]);
    assert_eq!(
        peers[1].warnings(),
        [format!(
            "rejected Endorse: {mismatch}: peer0:7051 of Org1MSP differs: the write of key \"a\" in namespace basic is \
             \"Org2MSP\" and \"Org1MSP\"; make the chaincode deterministic, and run the same one on every peer"
        )]
    );
    let status = refused(&peers[0], &peers[0].parts(&["own name"])).await;
    assert_eq!(all_details(&status), [detail("peer1:7051", "Org2MSP", mismatch)]);
    assert!(peers[0].warnings()[0].contains("differs: the response is \"Org1MSP\" and \"Org2MSP\"; "));
    stop(peers).await;
}

#[tokio::test]
async fn private_data_is_on_the_peers_of_members() {
    let peers = start().await;
    let [one, other] = &peers;
    for (collection, endorsed_by, members) in [
        ("ours", BOTH.as_slice(), [true, false]),
        ("theirs", &BOTH, [false, true]),
        ("everyone's", &BOTH, [true, true]),
        ("distributed", &BOTH, [true, true]),
        ("_implicit_org_Org1MSP", &["Org1MSP"], [true, false]),
        // The first endorser is not in the layout.
        ("_implicit_org_Org2MSP", &["Org2MSP"], [false, true]),
        ("strict", &["Org2MSP"], [true, false]),
    ] {
        let (endorsers, code) = submit(one, &["put private", collection, "a", "1"]).await;
        assert_eq!((code, endorsers.as_slice()), (TxCode::Valid, &owned(endorsed_by)[..]), "{collection}");
        for (peer, is_member) in [one, other].into_iter().zip(members) {
            assert_eq!(peer.evaluate(&["has private", collection, "a"]).await, b"true");
            let mut request = peer.evaluate_request(&peer.parts(&["get private", collection, "a"]));
            request.target_organizations = vec![peer.network.organization.msp().id().to_string()];
            let read = peer.gateway().evaluate(request).await;
            match read {
                Ok(read) => {
                    assert!(is_member, "{collection}");
                    assert_eq!(read.into_inner().result.unwrap().payload, b"1");
                }
                Err(status) => {
                    assert!(!is_member, "{collection}: {status}");
                    let block = peer.ledger.height() - 1;
                    let expected = format!(
                        "private data matching public hash version is not available. Public hash version = {{BlockNum: \
                         {block}, TxNum: 0}}, Private data version = <nil>"
                    );
                    assert!(all_details(&status)[0].message.contains(&expected), "{status}");
                }
            }
        }
    }
    stop(peers).await;
}

#[tokio::test]
async fn private_data_needs_members_that_endorse_and_receive_it() {
    let peers = start().await;
    let one = &peers[0];
    submit(one, &["put private", "ours", "a", "1"]).await;
    let no_plan = "no combination of peers can be derived which satisfy the endorsement policy: no peer combination can \
                   satisfy the endorsement policy";
    let status = refused(one, &one.parts(&["copy private", "ours", "a", "b"])).await;
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, no_plan));
    let warning = format!(
        "rejected Endorse of basic.copy private: {no_plan}; the peers of Org1MSP and Org2MSP cannot satisfy a policy of the \
         chaincode, of a collection or of a key: change the policy, or name the endorsing organizations in the application"
    );
    assert_eq!(one.warnings(), [warning]);
    // A collection that is also read is not the fault of the transient data.
    let status = refused(one, &one.parts(&["copy private", "ours", "a", "b"]).with_transient()).await;
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, no_plan));

    let parts = one.parts(&["put private", "ours", "a", "2"]).with_transient();
    let status = refused(one, &parts).await;
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::FailedPrecondition,
            "requires endorsement from organisation(s) that are not in the distribution policy of the private data \
             collection(s): [ours]; retry specifying trusted endorsing organizations to protect transient data"
        )
    );
    let parts = one.parts(&["put private", "everyone's", "a", "2"]).with_transient();
    assert_eq!(endorsers(&one.prepare(&parts).await), BOTH);

    let parts = one.parts(&["put private", "distributed alone", "a", "1"]);
    let status = refused(one, &parts).await;
    let message = format!(
        "error in simulation: failed to distribute private collection, txID {}, channel mychannel: could not build private \
         data dissemination plan for chaincode basic and collection distributed alone: required to disseminate to at \
         least 1 peers, but know of only 0 eligible peers",
        parts.id()
    );
    assert_eq!(all_details(&status), [detail("peer0:7051", "Org1MSP", &message)]);
    stop(peers).await;
}

#[tokio::test]
async fn the_policy_of_the_chaincode_applies_to_its_writes_and_to_transactions_without_any() {
    let peers = start().await;
    let one = &peers[0];
    for (arguments, endorsed_by) in [
        (["put private", "light", "a", "1"].as_slice(), ["Org1MSP"].as_slice()),
        (&["get private", "light", "a"], &BOTH),
        (&["get", "a"], &BOTH),
        (&["hide", "a", "_implicit_org_Org1MSP"], &["Org1MSP"]),
    ] {
        let submitted = submit(one, arguments).await;
        assert_eq!(submitted, (owned(endorsed_by), TxCode::Valid), "{arguments:?}");
    }
    stop(peers).await;
}

#[tokio::test]
async fn the_policy_of_a_key_chooses_its_endorsers() {
    let peers = start().await;
    let [one, other] = &peers;
    submit(one, &["put", "a", "1"]).await;
    let (by, code) = submit(other, &["endorsed by", "a", "OR('Org1MSP.peer')"]).await;
    assert_eq!((by, code), (vec!["Org2MSP".to_owned(), "Org1MSP".to_owned()], TxCode::Valid));
    for peer in &peers {
        assert_eq!(submit(peer, &["put", "a", "2"]).await, (vec!["Org1MSP".to_owned()], TxCode::Valid));
    }
    let parts = one.parts(&["put", "a", "3"]);
    one.send(one.prepare_for(&parts, "Org2MSP").await).await.unwrap();
    assert_eq!(one.status(&parts.id()).await.result(), TxCode::EndorsementPolicyFailure);
    let moved = submit(one, &["endorsed by", "a", "OR('Org2MSP.peer')"]).await;
    assert_eq!(moved, (vec!["Org1MSP".to_owned()], TxCode::Valid));
    assert_eq!(submit(one, &["put", "a", "4"]).await, (vec!["Org2MSP".to_owned()], TxCode::Valid));
    stop(peers).await;
}

#[tokio::test]
async fn evaluate_asks_the_own_peer_first_and_then_others() {
    let peers = start().await;
    let request = |arguments: &[&str], targets: &[&str]| {
        let mut request = peers[0].evaluate_request(&peers[0].parts(arguments));
        request.target_organizations = owned(targets);
        request
    };
    let result = async |arguments: &[&str], targets: &[&str]| {
        let answer = peers[0].gateway().evaluate(request(arguments, targets)).await;
        answer.map(|answer| String::from_utf8(answer.into_inner().result.unwrap().payload).unwrap())
    };
    assert_eq!(result(&["own name"], &[]).await.unwrap(), "Org1MSP");
    assert_eq!(result(&["own name"], &["Org2MSP"]).await.unwrap(), "Org2MSP");
    assert_eq!(result(&["own name"], &["Org2MSP", "Org1MSP"]).await.unwrap(), "Org1MSP");
    // The other peer writes, and answers with the value.
    assert_eq!(result(&["on", "Org1MSP", "fail", "boom"], &[]).await.unwrap(), "1");
    let failed = result(&["fail", "boom"], &[]).await.unwrap_err();
    let message = "failed to evaluate transaction, see attached details for more info";
    assert_eq!((failed.code(), failed.message()), (Code::Aborted, message));
    let said = "error in simulation: transaction returned with failure: boom";
    assert_eq!(
        all_details(&failed),
        [detail("peer0:7051", "Org1MSP", said), detail("peer1:7051", "Org2MSP", said)]
    );
    let nobody = result(&["own name"], &["Org3MSP"]).await.unwrap_err();
    let message = "no peers available to evaluate chaincode basic in channel mychannel";
    assert_eq!((nobody.code(), nobody.message()), (Code::FailedPrecondition, message));
    let mut stranger = peers[0].parts(&["own name"]);
    stranger.channel.epoch = 1;
    let mut request = peers[0].evaluate_request(&stranger);
    request.target_organizations = vec!["Org2MSP".to_owned()];
    let refused = peers[0].gateway().evaluate(request).await.unwrap_err();
    let said = "rpc error: code = Unknown desc = error validating proposal: epoch is non-zero";
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(all_details(&refused), [detail("peer1:7051", "Org2MSP", said)]);
    stop(peers).await;
}

#[tokio::test]
async fn a_gateway_whose_own_peer_lacks_the_chaincode_asks_others() {
    let peers = start_with([false, true]).await;
    let one = &peers[0];
    assert_eq!(one.evaluate(&["own name"]).await, b"Org2MSP");
    let parts = one.parts(&["put private", "_implicit_org_Org2MSP", "a", "1"]);
    let lacking = "no combination of peers can be derived which satisfy the endorsement policy: required chaincodes are \
                   not installed on sufficient peers";
    // The policy of the chaincode itself requires both.
    let status = refused(one, &parts).await;
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, lacking));
    let parts_of_others = peers[1].parts(&["put", "a", "1"]);
    assert_eq!(refused(&peers[1], &parts_of_others).await.message(), lacking);
    assert_eq!(
        peers[1].warnings(),
        [format!(
            "rejected Endorse of basic.put: {lacking}; install the package on the peers of Org1MSP, and approve it there"
        )]
    );
    let status = refused(one, &parts.clone().with_transient()).await;
    let message = "no endorsers found in the gateway's organization; retry specifying endorsing organization(s) to \
                   protect transient data";
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, message));
    let parts = one.parts(&["put private", "_implicit_org_Org2MSP", "a", "1"]);
    one.send(one.prepare_for(&parts, "Org2MSP").await).await.unwrap();
    assert_eq!(one.status(&parts.id()).await.result(), TxCode::Valid);
    stop(peers).await;
}
