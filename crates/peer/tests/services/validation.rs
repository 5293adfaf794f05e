//! Validation of transactions before commit.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use ccs_identity::{MspManager, Signer};
use ccs_ledger::{LedgerError, Store};
use ccs_ordering::validation::{ChannelPolicies, StateKey, ValidationContext, Verdict, View, validate};
use ccs_peer::{ChaincodePolicies, EndorsementPolicy};
use ccs_proto::common::{Envelope, Header, Payload};
use ccs_proto::kvrwset::{HashedRwSet, KvMetadataWrite, KvWrite, KvWriteHash, KvrwSet};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeActionPayload, ChaincodeEndorsedAction, ChaincodeEvent, ChaincodeId,
    ChaincodeInvocationSpec, ChaincodeProposalPayload, Endorsement, ProposalResponsePayload, Transaction,
    TransactionAction, TxValidationCode as Code,
};
use ccs_proto::rwset::{CollectionHashedReadWriteSet, NsReadWriteSet, TxReadWriteSet};
use prost::Message;
use sha2::{Digest, Sha256};

use crate::fake_contract::policies;
use crate::network::{CHANNEL, Network, Organization, manager};
use crate::proposal::{Parts, envelope};
use crate::running::{genesis, start};

/// Parts of a transaction, assembled only when it is sent.
struct Made<'a> {
    client: &'a Signer,
    endorsers: Vec<&'a Signer>,
    parts: Parts,
    action: ChaincodeAction,
    spoil: Spoil,
}

/// Other defects of a transaction.
#[derive(Clone, Copy, PartialEq)]
enum Spoil {
    Nothing,
    Hash,
    TwoActions,
    NoActionNonce,
    SignedByAnother,
    PayloadBytes,
    NoHeader,
    ResponseBytes,
}

/// Change that breaks a transaction.
type Change = fn(&mut Made<'_>);

/// Creates a set that writes one key of a namespace.
fn write(namespace: &str, key: &str) -> NsReadWriteSet {
    let write = KvWrite { key: key.to_owned(), is_delete: false, value: b"1".to_vec() };
    let set = KvrwSet { writes: vec![write], ..KvrwSet::default() };
    NsReadWriteSet {
        namespace: namespace.to_owned(),
        rwset: set.encode_to_vec(),
        collection_hashed_rwset: Vec::new(),
    }
}

fn write_metadata(namespace: &str, key: &str) -> NsReadWriteSet {
    let write = KvMetadataWrite { key: key.to_owned(), entries: Vec::new() };
    let set = KvrwSet { metadata_writes: vec![write], ..KvrwSet::default() };
    NsReadWriteSet { rwset: set.encode_to_vec(), ..self::write(namespace, key) }
}

fn write_private(namespace: &str, collection: &str, key: &str) -> NsReadWriteSet {
    let write = KvWriteHash { key_hash: Sha256::digest(key).to_vec(), ..KvWriteHash::default() };
    let set = HashedRwSet { hashed_writes: vec![write], ..HashedRwSet::default() };
    let set = CollectionHashedReadWriteSet {
        collection_name: collection.to_owned(),
        hashed_rwset: set.encode_to_vec(),
        pvt_rwset_hash: Vec::new(),
    };
    NsReadWriteSet { namespace: namespace.to_owned(), rwset: Vec::new(), collection_hashed_rwset: vec![set] }
}

fn results(sets: Vec<NsReadWriteSet>) -> Vec<u8> {
    TxReadWriteSet { data_model: 0, ns_rwset: sets }.encode_to_vec()
}

impl<'a> Made<'a> {
    fn new(client: &'a Signer, endorsers: &[&'a Signer], sets: Vec<NsReadWriteSet>) -> Self {
        let id =
            ChaincodeId { name: "basic".to_owned(), version: "1.0".to_owned(), ..ChaincodeId::default() };
        let action =
            ChaincodeAction { results: results(sets), chaincode_id: Some(id), ..ChaincodeAction::default() };
        let parts = Parts::new(client, &["put"]);
        Self { client, endorsers: endorsers.to_vec(), parts, action, spoil: Spoil::Nothing }
    }

    fn envelope(&self, spoil: Spoil) -> Vec<u8> {
        let Header { channel_header, signature_header } = self.parts.header();
        let proposed = self.parts.proposal().payload;
        let mut hash =
            Sha256::digest([channel_header.clone(), signature_header.clone(), proposed.clone()].concat())
                .to_vec();
        if spoil == Spoil::Hash {
            hash[0] ^= 1;
        }
        let response =
            ProposalResponsePayload { proposal_hash: hash, extension: self.action.encode_to_vec() };
        let mut response = response.encode_to_vec();
        if spoil == Spoil::ResponseBytes {
            response.push(0xff);
        }
        let endorse = |signer: &&Signer| Endorsement {
            endorser: signer.creator().to_vec(),
            signature: signer.sign(&[response.as_slice(), signer.creator()].concat()).unwrap(),
        };
        let endorsements = self.endorsers.iter().map(endorse).collect();
        let action = ChaincodeEndorsedAction { proposal_response_payload: response.clone(), endorsements };
        let payload = ChaincodeActionPayload { chaincode_proposal_payload: proposed, action: Some(action) };
        let header = if spoil == Spoil::NoActionNonce { Vec::new() } else { signature_header.clone() };
        let action = TransactionAction { header, payload: payload.encode_to_vec() };
        let count = if spoil == Spoil::TwoActions { 2 } else { 1 };
        let transaction = Transaction { actions: vec![action; count] };
        let header = (spoil != Spoil::NoHeader).then_some(Header { channel_header, signature_header });
        let mut payload = Payload { header, data: transaction.encode_to_vec() }.encode_to_vec();
        if spoil == Spoil::PayloadBytes {
            payload = b"\xff".to_vec();
        }
        let mut envelope = envelope(payload, self.client);
        if spoil == Spoil::SignedByAnother {
            envelope.signature = self.endorsers[0].sign(&envelope.payload).unwrap();
        }
        envelope.encode_to_vec()
    }
}

/// Committed definitions and policies of keys.
#[derive(Default)]
struct FakeView {
    keys: BTreeMap<StateKey, Vec<u8>>,
    chaincode: Option<ChaincodePolicies>,
}

impl View for FakeView {
    fn policies(&self, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        let basic = || Arc::new(self.chaincode.clone().unwrap_or_else(policies));
        (chaincode == "basic").then(basic)
    }

    fn key_policy(&self, key: &StateKey) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.keys.get(key).cloned())
    }
}

fn public(key: &str) -> StateKey {
    StateKey { namespace: "basic".to_owned(), collection: None, key: key.into() }
}

fn policy(text: &str) -> Vec<u8> {
    text.parse::<ccs_identity::SignaturePolicy>().unwrap().to_envelope().encode_to_vec()
}

fn verdict(envelope: &[u8], msps: &MspManager, view: &FakeView, changed: &HashSet<StateKey>) -> Verdict {
    let policies = ChannelPolicies::new(msps);
    let context = ValidationContext {
        channel: "mychannel",
        msps,
        policies: &policies,
        view,
        changed_policies: changed,
    };
    validate(envelope, &context).unwrap()
}

fn code(envelope: &[u8], msps: &MspManager) -> Code {
    match verdict(envelope, msps, &FakeView::default(), &HashSet::new()).outcome {
        Ok(_) => Code::Valid,
        Err(code) => code,
    }
}

#[test]
fn the_first_check_that_fails_gives_the_code() {
    let network = Network::new();
    let (client, peer) = (&network.client, network.organization.signer("peer"));
    let stranger = Organization::new("Org2MSP").signer("client");
    let msps = network.msps();
    let good = || Made::new(client, &[&peer], vec![write("basic", "a")]);
    let cases: &[(&str, Code, Change)] = &[
        ("good", Code::Valid, |_| ()),
        ("payload", Code::BadPayload, |made| made.spoil = Spoil::PayloadBytes),
        ("no header", Code::BadCommonHeader, |made| made.spoil = Spoil::NoHeader),
        ("epoch", Code::BadCommonHeader, |made| made.parts.channel.epoch = 1),
        ("no such type", Code::BadCommonHeader, |made| made.parts.channel.r#type = 5),
        ("no nonce", Code::BadCommonHeader, |made| made.parts.signature.nonce.clear()),
        ("no creator", Code::BadCommonHeader, |made| made.parts.signature.creator.clear()),
        ("signature", Code::BadCreatorSignature, |made| made.spoil = Spoil::SignedByAnother),
        ("update", Code::UnsupportedTxPayload, |made| made.parts.channel.r#type = 2),
        ("config", Code::InvalidConfigTransaction, |made| made.parts.channel.r#type = 1),
        ("id", Code::BadProposalTxid, |made| made.parts.channel.tx_id = "abc".to_owned()),
        ("actions", Code::InvalidEndorserTransaction, |made| made.spoil = Spoil::TwoActions),
        ("action nonce", Code::InvalidEndorserTransaction, |made| made.spoil = Spoil::NoActionNonce),
        ("hash", Code::InvalidEndorserTransaction, |made| made.spoil = Spoil::Hash),
        ("response", Code::InvalidEndorserTransaction, |made| made.spoil = Spoil::ResponseBytes),
        ("channel", Code::TargetChainNotFound, |made| made.parts.channel.channel_id = "other".to_owned()),
        ("extension", Code::BadHeaderExtension, |made| made.parts.channel.extension = b"\xff".to_vec()),
        ("results", Code::BadRwset, |made| made.action.results = b"\xff".to_vec()),
        ("set", Code::BadRwset, |made| {
            let set = NsReadWriteSet { rwset: b"\xff".to_vec(), ..write("basic", "a") };
            made.action.results = results(vec![set]);
        }),
        ("another chaincode", Code::InvalidChaincode, |made| {
            made.action.chaincode_id.as_mut().unwrap().name = "other".to_owned();
        }),
        ("no version", Code::InvalidChaincode, |made| {
            made.action.chaincode_id.as_mut().unwrap().version.clear();
        }),
        ("event", Code::InvalidOtherReason, |made| {
            let event = ChaincodeEvent { chaincode_id: "other".to_owned(), ..ChaincodeEvent::default() };
            made.action.events = event.encode_to_vec();
        }),
        ("twice", Code::IllegalWriteset, |made| {
            made.action.results = results(vec![write("basic", "a"), write("basic", "b")]);
        }),
        ("undefined", Code::InvalidChaincode, |made| {
            made.action.results = results(vec![write("other", "a")]);
        }),
        ("nobody", Code::EndorsementPolicyFailure, |made| made.endorsers.clear()),
    ];
    for (name, expected, change) in cases {
        let mut made = good();
        change(&mut made);
        assert_eq!(code(&made.envelope(made.spoil), &msps), *expected, "{name}");
    }
    assert_eq!(code(b"", &msps), Code::NilEnvelope);
    assert_eq!(code(b"\xff", &msps), Code::InvalidOtherReason);
    let by_stranger = Made::new(&stranger, &[&peer], Vec::new());
    assert_eq!(code(&by_stranger.envelope(Spoil::Nothing), &msps), Code::BadCreatorSignature);
    let by_client = Made::new(client, &[client], Vec::new());
    assert_eq!(code(&by_client.envelope(Spoil::Nothing), &msps), Code::EndorsementPolicyFailure);
    let by_foreign_peer = Organization::new("Org2MSP").signer("peer");
    let made = Made::new(client, &[&by_foreign_peer], Vec::new());
    assert_eq!(code(&made.envelope(Spoil::Nothing), &msps), Code::EndorsementPolicyFailure);
}

#[test]
fn the_id_is_told_even_of_a_transaction_that_is_refused() {
    let network = Network::new();
    let mut made = Made::new(&network.client, &[], Vec::new());
    made.parts.channel.epoch = 1;
    let verdict =
        verdict(&made.envelope(Spoil::Nothing), &network.msps(), &FakeView::default(), &HashSet::new());
    assert_eq!(verdict, Verdict { id: made.parts.id(), outcome: Err(Code::BadCommonHeader) });
}

#[test]
fn the_nearest_policy_counts() {
    let (one, two) = (Organization::new("Org1MSP"), Organization::new("Org2MSP"));
    let msps = manager(&[&one, &two]);
    let client = one.signer("client");
    let (first, second) = (one.signer("peer"), two.signer("peer"));
    let own = ChaincodePolicies {
        endorsement_policy: EndorsementPolicy::Signature("OR('Org1MSP.peer')".parse().unwrap()),
        ..policies()
    };
    let implicit = "_implicit_org_Org2MSP";
    let (usual, relaxed) = (None, Some(own));
    let private = |collection: &str| write_private("basic", collection, "a");
    let cases = [
        // Without a policy of its own, a chaincode needs the majority, which of two is both.
        ("usual", &usual, vec![write("basic", "a")], vec![&first], false),
        ("both", &usual, vec![write("basic", "a")], vec![&first, &second], true),
        ("one twice", &usual, vec![write("basic", "a")], vec![&first, &first], false),
        ("own", &relaxed, vec![write("basic", "a")], vec![&first], true),
        ("own, by another", &relaxed, vec![write("basic", "a")], vec![&second], false),
        ("nothing written", &relaxed, Vec::new(), vec![&second], false),
        ("nothing written, endorsed", &relaxed, Vec::new(), vec![&first], true),
        ("key", &relaxed, vec![write("basic", "special")], vec![&first], false),
        ("key, endorsed", &relaxed, vec![write("basic", "special")], vec![&second], true),
        ("metadata of key", &relaxed, vec![write_metadata("basic", "special")], vec![&first], false),
        ("collection", &relaxed, vec![private("strict")], vec![&first], false),
        ("collection, endorsed", &relaxed, vec![private("strict")], vec![&second], true),
        ("collection without policy", &relaxed, vec![private("ours")], vec![&first], true),
        ("no such collection", &relaxed, vec![private("none")], vec![&first], false),
        ("implicit", &relaxed, vec![private(implicit)], vec![&first], false),
        ("implicit, endorsed", &relaxed, vec![private(implicit)], vec![&second], true),
        ("definitions", &relaxed, vec![write("_lifecycle", "a")], vec![&first], false),
        ("definitions, endorsed", &relaxed, vec![write("_lifecycle", "a")], vec![&first, &second], true),
    ];
    for (name, chaincode, sets, endorsers, is_enough) in cases {
        let keys = [(public("special"), policy("OR('Org2MSP.peer')"))].into();
        let view = FakeView { keys, chaincode: chaincode.clone() };
        let made = Made::new(&client, &endorsers, sets);
        let verdict = verdict(&made.envelope(Spoil::Nothing), &msps, &view, &HashSet::new());
        assert_eq!(verdict.outcome.is_ok(), is_enough, "{name}: {verdict:?}");
    }
}

#[test]
fn a_key_whose_policy_changes_in_the_same_block_is_not_written() {
    let network = Network::new();
    let peer = network.organization.signer("peer");
    let made = |set| Made::new(&network.client, &[&peer], vec![set]).envelope(Spoil::Nothing);
    let decide = |envelope: &[u8], changed: &HashSet<StateKey>| {
        verdict(envelope, &network.msps(), &FakeView::default(), changed).outcome
    };
    let change = decide(&made(write_metadata("basic", "a")), &HashSet::new()).unwrap();
    assert_eq!(change.changed_policies, [public("a")]);
    let changed = change.changed_policies.into_iter().collect();
    assert_eq!(decide(&made(write("basic", "a")), &changed), Err(Code::EndorsementPolicyFailure));
    assert!(decide(&made(write("basic", "b")), &changed).is_ok());
}

#[test]
fn a_definition_that_the_peer_commits_is_a_transaction_like_any_other() {
    let network = Network::new();
    let (admin, peer) = (network.organization.signer("admin"), network.organization.signer("peer"));
    let ledger = Store::temporary().unwrap().channel(CHANNEL, genesis).unwrap();
    let channel = network.channel(ledger.clone());
    let definition = ccs_channel::Definition {
        sequence: 1,
        version: "1.0".to_owned(),
        ..ccs_channel::Definition::default()
    };
    let signers = ccs_channel::Signers { client: &admin, peers: &[&peer] };
    ccs_channel::define(&[Arc::clone(&channel)], ("basic", &definition), signers).unwrap();
    assert_eq!(*channel.definition("basic").unwrap().unwrap(), definition);

    let envelope = ledger.block(1).unwrap().unwrap().data.unwrap().data.remove(0);
    let verdict = verdict(&envelope, &network.msps(), &FakeView::default(), &HashSet::new());
    assert!(verdict.outcome.is_ok(), "{verdict:?}");
    assert_eq!(verdict.id.len(), 64, "{}", verdict.id);
    let payload = Payload::decode(Envelope::decode(envelope.as_slice()).unwrap().payload.as_slice()).unwrap();
    let action = Transaction::decode(payload.data.as_slice()).unwrap().actions.remove(0);
    let action = ChaincodeActionPayload::decode(action.payload.as_slice()).unwrap();
    let proposal = ChaincodeProposalPayload::decode(action.chaincode_proposal_payload.as_slice()).unwrap();
    let specification = ChaincodeInvocationSpec::decode(proposal.input.as_slice()).unwrap();
    let specification = specification.chaincode_spec.unwrap();
    assert_eq!(specification.chaincode_id.unwrap().name, "_lifecycle");
    assert_eq!(specification.input.unwrap().args[0], b"CommitChaincodeDefinition");
    assert_eq!(action.action.unwrap().endorsements.len(), 1);
}

#[tokio::test]
async fn policies_of_keys_are_found_in_the_ledger() {
    let peer = start().await;
    peer.submit(&["put", "a", "1"]).await;
    peer.submit(&["endorsed by", "a", "OR('Org2MSP.peer')"]).await;
    let parts = peer.parts(&["put", "a", "2"]);
    peer.send(peer.prepare_for(&parts, "Org1MSP").await).await.unwrap();
    assert_eq!(peer.status(&parts.id()).await.result(), Code::EndorsementPolicyFailure);
    assert_eq!(peer.evaluate(&["get", "a"]).await, b"1");

    let parts = peer.parts(&["put private", "strict", "a", "1"]);
    peer.send(peer.prepare_for(&parts, "Org1MSP").await).await.unwrap();
    assert_eq!(peer.status(&parts.id()).await.result(), Code::EndorsementPolicyFailure);
    let parts = peer.parts(&["write elsewhere", "other"]);
    peer.send(peer.prepare_for(&parts, "Org1MSP").await).await.unwrap();
    assert_eq!(peer.status(&parts.id()).await.result(), Code::InvalidChaincode);
    peer.stop().await;
}

#[tokio::test]
async fn the_policy_of_a_private_key_counts_also_when_its_value_was_lost() {
    let peer = start().await;
    peer.submit(&["put private", "ours", "a", "1"]).await;
    peer.submit(&["endorsed privately by", "ours", "a", "OR('Org2MSP.peer')"]).await;
    let (known, lost) =
        (peer.parts(&["put private", "ours", "a", "2"]), peer.parts(&["put private", "ours", "a", "3"]));
    let (transaction, late) =
        (peer.prepare_for(&known, "Org1MSP").await, peer.prepare_for(&lost, "Org1MSP").await);
    peer.send(transaction).await.unwrap();
    assert_eq!(peer.status(&known.id()).await.result(), Code::EndorsementPolicyFailure);
    // Waiting private data is not on the disk.
    let peer = peer.restart().await;
    peer.send(late).await.unwrap();
    assert_eq!(peer.status(&lost.id()).await.result(), Code::EndorsementPolicyFailure);
    peer.stop().await;
}
