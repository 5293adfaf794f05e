//! Checks of proposals, and `ProcessProposal`.

use std::time::{Duration, SystemTime};

use ccs_identity::Signer;
use ccs_peer::proposal::{Decoded, EndorserError, FilterError, ProposalError, Unpacked, filter};
use ccs_proto::msp::SerializedIdentity;
use ccs_proto::peer::{ChaincodeAction, ChaincodeEvent, ProposalResponsePayload, SignedProposal};
use ccs_proto::rwset::TxReadWriteSet;
use prost::Message;
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::network::{Network, Organization};
use crate::proposal::{Parts, extension, sign, transaction_id};
use crate::running::start;

/// Change that breaks one part.
type Change = fn(&mut Parts);

/// Checks a proposal as a peer does, without a ledger.
fn check(network: &Network, signed: SignedProposal) -> Result<(), EndorserError> {
    let msps = network.msps();
    let decoded = Decoded::new(signed);
    filter(&decoded, SystemTime::now(), |_| &msps)?;
    Unpacked::new(decoded)?.check(&msps)?;
    Ok(())
}

fn refusal(network: &Network, signed: SignedProposal) -> String {
    check(network, signed).unwrap_err().to_string()
}

/// Applies a change to the parts of a proposal and signs it.
fn changed(network: &Network, change: impl FnOnce(&mut Parts)) -> SignedProposal {
    let mut parts = Parts::new(&network.client, &["get", "a"]);
    change(&mut parts);
    parts.signed(&network.client)
}

/// Returns a proposal with the given creator and the matching transaction ID.
fn by(creator: &[u8], signer: &Signer, network: &Network) -> SignedProposal {
    let mut parts = Parts::new(&network.client, &["get", "a"]);
    parts.signature.creator = creator.to_vec();
    parts.channel.tx_id = transaction_id(&parts.signature.nonce, creator);
    parts.signed(signer)
}

#[test]
fn a_proposal_that_is_right_passes() {
    let network = Network::new();
    assert_eq!(check(&network, changed(&network, |_| ())), Ok(()));
    // The peer command sends these as queries for cscc.
    assert_eq!(check(&network, changed(&network, |parts| parts.channel.r#type = 1)), Ok(()));
}

#[test]
fn proposals_that_are_not_whole_are_refused() {
    let network = Network::new();
    let cases: [(Change, &str); 8] = [
        (|parts| parts.channel.extension = extension(None), "ChaincodeHeaderExtension.ChaincodeId is nil"),
        (
            |parts| parts.channel.extension = extension(Some("")),
            "ChaincodeHeaderExtension.ChaincodeId.Name is empty",
        ),
        (|parts| parts.specification = None, "chaincode invocation spec did not contain chaincode spec"),
        (
            |parts| parts.specification.as_mut().unwrap().input = None,
            "chaincode input did not contain any input",
        ),
        (
            |parts| parts.channel.r#type = 4,
            "error validating proposal: invalid header type ORDERER_TRANSACTION",
        ),
        (|parts| parts.channel.r#type = 99, "error validating proposal: invalid header type 99"),
        (|parts| parts.channel.epoch = 1, "error validating proposal: epoch is non-zero"),
        (|parts| parts.signature.nonce.clear(), "error validating proposal: nonce is empty"),
    ];
    for (change, message) in cases {
        assert_eq!(refusal(&network, changed(&network, change)), message);
    }
    let no_creator = by(b"", &network.client, &network);
    assert_eq!(refusal(&network, no_creator), "error validating proposal: creator is empty");
    let undecodable = changed(&network, |parts| parts.channel.extension = b"\xff".to_vec());
    let message = refusal(&network, undecodable);
    assert!(message.starts_with("error unmarshalling ChaincodeHeaderExtension: "), "{message}");
    let message = refusal(&network, SignedProposal { proposal_bytes: b"\xff".to_vec(), signature: vec![1] });
    assert!(message.starts_with("failed parsing proposal: "), "{message}");
}

#[test]
fn ids_and_signatures_have_to_be_right() {
    let network = Network::new();
    let parts = Parts::new(&network.client, &["get", "a"]);
    let mut wrong = parts.clone();
    wrong.channel.tx_id = "abc".to_owned();
    assert_eq!(
        refusal(&network, wrong.signed(&network.client)),
        format!(
            "error validating proposal: incorrectly computed txid 'abc' -- expected '{}'",
            transaction_id(&parts.signature.nonce, network.client.creator())
        )
    );
    let unsigned = SignedProposal { signature: Vec::new(), ..parts.signed(&network.client) };
    assert_eq!(refusal(&network, unsigned), "error validating proposal: empty signature bytes");

    let denied = "error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]";
    let by_another = parts.signed(&network.organization.signer("client"));
    assert_eq!(refusal(&network, by_another), denied);
    let mut high = parts.signed(&network.client);
    high.signature = with_high_s(&high.signature);
    assert_eq!(refusal(&network, high), denied);
}

/// Returns the other signature of the same message: S becomes N - S.
fn with_high_s(signature: &[u8]) -> Vec<u8> {
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    // SEQUENCE { INTEGER r, INTEGER s }, all lengths in one byte.
    let r_length = usize::from(signature[3]);
    let s = &signature[4 + r_length + 2..];
    let mut padded = vec![0; 32 - s.len().min(32)];
    padded.extend(s.iter().skip(s.len().saturating_sub(32)));
    let mut borrow = 0_i16;
    let mut other = vec![0; 32];
    for at in (0..32).rev() {
        let digit = i16::from(order[at]) - i16::from(padded[at]) - borrow;
        borrow = i16::from(digit < 0);
        other[at] = u8::try_from(digit + 256 * borrow).unwrap();
    }
    // In the upper half, the first bit is usually set, which requires a leading zero.
    if other[0] >= 0x80 {
        other.insert(0, 0);
    }
    let mut encoded = vec![2, signature[3]];
    encoded.extend(&signature[4..4 + r_length]);
    encoded.extend([2, u8::try_from(other.len()).unwrap()]);
    encoded.extend(other);
    [vec![0x30, u8::try_from(encoded.len()).unwrap()], encoded].concat()
}

#[test]
fn creators_of_no_organization_of_the_channel_are_unknown() {
    let network = Network::new();
    let unknown = "error validating proposal: access denied: channel [mychannel] creator org unknown, creator is malformed";
    let other = Organization::new("Org2MSP").signer("client");
    assert_eq!(refusal(&network, by(other.creator(), &other, &network)), unknown);
    assert_eq!(refusal(&network, by(b"nonsense", &network.client, &network)), unknown);
    let no_certificate =
        SerializedIdentity { mspid: "Org1MSP".to_owned(), id_bytes: b"no PEM".to_vec() }.encode_to_vec();
    assert_eq!(refusal(&network, by(&no_certificate, &network.client, &network)), unknown);

    // The organization's name alone is not enough: a peer verifies the chain when it reads the creator.
    let impostor = Organization::new("Org1MSP").signer("client");
    assert_eq!(refusal(&network, by(impostor.creator(), &impostor, &network)), unknown);
    let denied = "error validating proposal: access denied: channel [mychannel] creator org [Org1MSP]";
    let without_role = network.organization.signer("visitor");
    assert_eq!(refusal(&network, by(without_role.creator(), &without_role, &network)), denied);
}

#[test]
fn the_client_is_not_told_the_reason_and_the_log_is() {
    let network = Network::new();
    let signed = Parts::new(&network.client, &["get", "a"]).signed(&network.organization.signer("client"));
    let error = Unpacked::new(Decoded::new(signed)).unwrap().check(&network.msps()).unwrap_err();
    assert!(matches!(&error, ProposalError::Denied { .. }), "{error:?}");
    let error = EndorserError::from(error);
    assert!(error.reason().is_some_and(|reason| reason.contains("signature")), "{error:?}");
}

#[test]
fn filters_refuse_old_certificates_and_wrong_clocks() {
    let network = Network::new();
    let expired = network.organization.expired();
    let signed = Parts::new(&expired, &["get", "a"]).signed(&expired);
    assert_eq!(refusal(&network, signed), "proposal client identity expired");

    let signed = changed(&network, |_| ());
    let now = SystemTime::now();
    let msps = network.msps();
    let decoded = Decoded::new(signed);
    let filter = |now| filter(&decoded, now, |_| &msps);
    assert_eq!(filter(now + Duration::from_mins(14)), Ok(()));
    for later in [now + Duration::from_mins(16), now - Duration::from_mins(16)] {
        let error = filter(later).unwrap_err();
        assert!(matches!(error, FilterError::Time { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.starts_with("request unauthorized due to incorrect timestamp 20"), "{text}");
        assert!(text.contains("Z, peer time 20"), "{text}");
        assert!(text.ends_with("Z, peer.authentication.timewindow 15m0s"), "{text}");
    }
}

#[tokio::test]
async fn a_proposal_is_simulated_and_endorsed() {
    let peer = start().await;
    let parts = peer.parts(&["emit", "created", "a1"]).with_transient();
    let signed = parts.signed(&peer.network.client);
    let answer = peer.endorser().process_proposal(signed.clone()).await.unwrap().into_inner();
    assert_eq!((answer.version, &answer.timestamp), (1, &None));
    let response = answer.response.clone().unwrap();
    assert_eq!((response.status, response.payload.as_slice()), (200, b"emitted".as_slice()));

    let payload = ProposalResponsePayload::decode(answer.payload.as_slice()).unwrap();
    let proposal = parts.proposal();
    let mut public = parts.clone();
    public.transient.clear();
    let header = parts.header();
    let hash =
        Sha256::digest([header.channel_header, header.signature_header, public.proposal().payload].concat());
    assert_eq!(payload.proposal_hash, hash.as_slice());
    assert_ne!(proposal.payload, public.proposal().payload);

    let action = ChaincodeAction::decode(payload.extension.as_slice()).unwrap();
    assert_eq!(action.response, Some(response));
    let id = action.chaincode_id.unwrap();
    assert_eq!((id.name.as_str(), id.version.as_str()), ("basic", "1.0"));
    let event = ChaincodeEvent::decode(action.events.as_slice()).unwrap();
    let expected = ChaincodeEvent {
        chaincode_id: "basic".to_owned(),
        tx_id: parts.id(),
        event_name: "created".to_owned(),
        payload: b"a1".to_vec(),
    };
    assert_eq!(event, expected);
    assert_eq!(TxReadWriteSet::decode(action.results.as_slice()).unwrap().ns_rwset[0].namespace, "basic");

    let endorsement = answer.endorsement.unwrap();
    let peer_identity = peer.network.msps().identify(&endorsement.endorser).unwrap();
    let message = [answer.payload.clone(), endorsement.endorser].concat();
    peer_identity.verify(&message, &endorsement.signature).unwrap();

    // The same proposal on the same state returns the same bytes.
    let again = peer.endorser().process_proposal(signed).await.unwrap().into_inner();
    assert_eq!(again.payload, answer.payload);
    peer.stop().await;
}

#[tokio::test]
async fn what_an_answer_holds_depends_on_the_chaincodes_status() {
    let peer = start().await;
    // status, version, payload, endorsement
    let cases = [
        ("200", 1, true, true),
        ("399", 1, true, true),
        ("400", 0, false, false),
        ("499", 0, false, false),
        ("500", 0, true, false),
        ("999", 0, true, false),
    ];
    for (status, version, has_payload, has_endorsement) in cases {
        let signed = peer.parts(&["answer", status, "because"]).signed(&peer.network.client);
        let answer = peer.endorser().process_proposal(signed).await.unwrap().into_inner();
        let response = answer.response.unwrap();
        assert_eq!(response.status.to_string(), status);
        assert_eq!(
            (response.message.as_str(), response.payload.as_slice()),
            ("because", b"result".as_slice())
        );
        assert_eq!(answer.version, version, "{status}");
        assert_eq!(!answer.payload.is_empty(), has_payload, "{status}");
        assert_eq!(answer.endorsement.is_some(), has_endorsement, "{status}");
        if has_payload {
            let payload = ProposalResponsePayload::decode(answer.payload.as_slice()).unwrap();
            let action = ChaincodeAction::decode(payload.extension.as_slice()).unwrap();
            assert_eq!(!action.events.is_empty(), has_endorsement, "{status}");
        }
    }
    peer.stop().await;
}

#[tokio::test]
async fn what_cannot_be_simulated_is_a_response_with_status_500() {
    let peer = start().await;
    let client = &peer.network.client;
    let cases = [
        (Parts::on(client, "nowhere", "basic", &[b"get"]), "channel 'nowhere' not found"),
        (
            Parts::on(client, "mychannel", "other", &[b"get"]),
            "make sure the chaincode other has been successfully defined on channel mychannel and try again: chaincode other not found",
        ),
        (
            peer.parts(&["fail", "no such asset"]),
            "error in simulation: transaction returned with failure: no such asset",
        ),
    ];
    for (parts, message) in cases {
        let answer = peer.endorser().process_proposal(parts.signed(client)).await.unwrap().into_inner();
        let response = answer.response.unwrap();
        assert_eq!((response.status, response.message.as_str()), (500, message));
        assert!(answer.payload.is_empty() && answer.endorsement.is_none());
    }
    peer.stop().await;
}

#[tokio::test]
async fn a_refusal_is_an_error_of_the_call() {
    let peer = start().await;
    let (id, _) = {
        let parts = peer.parts(&["put", "a", "1"]);
        peer.send(peer.prepare(&parts).await).await.unwrap();
        let block = peer.status(&parts.id()).await.block_number;
        let again = parts.signed(&peer.network.client);
        let status = peer.endorser().process_proposal(again).await.unwrap_err();
        let creator = hex::encode(peer.network.client.creator());
        assert_eq!(status.code(), Code::Unknown);
        assert_eq!(
            status.message(),
            format!("duplicate transaction found [{}]. Creator [{creator}]", parts.id())
        );
        (parts.id(), block)
    };
    assert!(peer.ledger.has_transaction(&id).unwrap());

    let mut parts = peer.parts(&["get", "a"]);
    parts.channel.epoch = 1;
    let refused = sign(&parts.proposal(), &peer.network.client);
    let status = peer.endorser().process_proposal(refused).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    assert_eq!(status.message(), "error validating proposal: epoch is non-zero");
    peer.stop().await;
}

#[tokio::test]
async fn a_client_that_waits_no_longer_is_told_so() {
    let peer = start().await;
    let parts = peer.parts(&["hang"]);
    let mut request = tonic::Request::new(parts.signed(&peer.network.client));
    // The peer answers 100 ms before the client's deadline; a busy machine needs that margin.
    request.set_timeout(Duration::from_secs(2));
    let status = peer.endorser().process_proposal(request).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "context deadline exceeded"));
    peer.stop().await;
}
