//! Blocks of known messages, and of arbitrary bytes.

use ccs_proto::common::{BlockData, BlockHeader, BlockMetadata};
use ccs_proto::kvrwset::{KvWrite, KvWriteHash};
use ccs_proto::peer::{
    ChaincodeAction, ChaincodeEndorsedAction, ChaincodeId, ChaincodeInput, ChaincodeSpec,
    ProposalResponsePayload, TransactionAction,
};
use ccs_proto::rwset::{CollectionPvtReadWriteSet, NsPvtReadWriteSet};
use proptest::prelude::*;

use super::*;

fn block(envelopes: Vec<Vec<u8>>, codes: Vec<u8>) -> Block {
    Block {
        header: Some(BlockHeader { number: 5, ..BlockHeader::default() }),
        data: Some(BlockData { data: envelopes }),
        metadata: Some(BlockMetadata { metadata: vec![Vec::new(), Vec::new(), codes] }),
    }
}

fn envelope(kind: HeaderType, id: &str, data: Vec<u8>) -> Vec<u8> {
    let channel = ChannelHeader { r#type: kind.into(), tx_id: id.to_owned(), ..ChannelHeader::default() };
    let creator = SerializedIdentity { mspid: "Org1MSP".to_owned(), id_bytes: b"no PEM".to_vec() };
    let signature = SignatureHeader { creator: creator.encode_to_vec(), nonce: Vec::new() };
    let header =
        Header { channel_header: channel.encode_to_vec(), signature_header: signature.encode_to_vec() };
    let payload = Payload { header: Some(header), data }.encode_to_vec();
    Envelope { payload, signature: Vec::new() }.encode_to_vec()
}

fn transaction() -> Vec<u8> {
    let input = ChaincodeInput { args: vec![b"Move".to_vec()], ..ChaincodeInput::default() };
    let id = ChaincodeId { name: "basic".to_owned(), ..ChaincodeId::default() };
    let spec = ChaincodeSpec { chaincode_id: Some(id), input: Some(input), ..ChaincodeSpec::default() };
    let input = ChaincodeInvocationSpec { chaincode_spec: Some(spec) }.encode_to_vec();
    let proposal = ChaincodeProposalPayload { input, ..ChaincodeProposalPayload::default() };
    let write = |key: &str, is_delete| KvWrite { key: key.to_owned(), is_delete, value: Vec::new() };
    let public = KvrwSet { writes: vec![write("a", false), write("b", true)], ..KvrwSet::default() };
    let hashed = KvWriteHash { key_hash: vec![7; 32], ..KvWriteHash::default() };
    let hashed = HashedRwSet { hashed_writes: vec![hashed], ..HashedRwSet::default() };
    let collection = CollectionHashedReadWriteSet {
        collection_name: "secrets".to_owned(),
        hashed_rwset: hashed.encode_to_vec(),
        pvt_rwset_hash: Vec::new(),
    };
    let namespace = NsReadWriteSet {
        namespace: "basic".to_owned(),
        rwset: public.encode_to_vec(),
        collection_hashed_rwset: vec![collection],
    };
    let event = ChaincodeEvent { event_name: "Moved".to_owned(), ..ChaincodeEvent::default() };
    let action = ChaincodeAction {
        results: TxReadWriteSet { data_model: 0, ns_rwset: vec![namespace] }.encode_to_vec(),
        events: event.encode_to_vec(),
        ..ChaincodeAction::default()
    };
    let endorsed = ProposalResponsePayload { proposal_hash: Vec::new(), extension: action.encode_to_vec() };
    let action = ChaincodeActionPayload {
        chaincode_proposal_payload: proposal.encode_to_vec(),
        action: Some(ChaincodeEndorsedAction {
            proposal_response_payload: endorsed.encode_to_vec(),
            endorsements: Vec::new(),
        }),
    };
    let action = TransactionAction { header: Vec::new(), payload: action.encode_to_vec() };
    peer::Transaction { actions: vec![action] }.encode_to_vec()
}

fn private() -> HashMap<u64, TxPvtReadWriteSet> {
    let write = KvWrite { key: "salary".to_owned(), ..KvWrite::default() };
    let rwset = KvrwSet { writes: vec![write], ..KvrwSet::default() }.encode_to_vec();
    let collection = CollectionPvtReadWriteSet { collection_name: "secrets".to_owned(), rwset };
    let namespace =
        NsPvtReadWriteSet { namespace: "basic".to_owned(), collection_pvt_rwset: vec![collection] };
    HashMap::from([(1, TxPvtReadWriteSet { data_model: 0, ns_pvt_rwset: vec![namespace] })])
}

fn keys(transaction: &Transaction) -> Vec<(Option<&str>, &Key, bool)> {
    let writes = transaction.writes.iter();
    writes.map(|write| (write.collection.as_deref(), &write.key, write.is_delete)).collect()
}

#[test]
fn a_block_tells_codes_calls_keys_and_events() {
    let envelopes = vec![
        envelope(HeaderType::Config, "", Vec::new()),
        envelope(HeaderType::EndorserTransaction, "t1", transaction()),
    ];
    let block = block(envelopes, vec![0, 11]);
    let content = BlockContent::full(&block, None).unwrap();
    assert_eq!(content.number, 5);
    let [configuration, moved] = content.transactions.as_slice() else { panic!("not two transactions") };
    assert_eq!(
        (configuration.kind, configuration.code),
        (TransactionKind::Configuration, ValidationCode::VALID)
    );
    assert_eq!((moved.id.as_str(), moved.kind), ("t1", TransactionKind::Endorser));
    assert_eq!(moved.code.to_string(), "MVCC_READ_CONFLICT");
    assert_eq!(moved.creator, Some(Creator { msp_id: "Org1MSP".to_owned(), subject: None }));
    assert_eq!((moved.chaincode.as_deref(), moved.function.as_deref()), (Some("basic"), Some("Move")));
    assert_eq!((moved.event.as_deref(), moved.problem.as_deref()), (Some("Moved"), None));
    let (a, b) = (Key::Plain("a".to_owned()), Key::Plain("b".to_owned()));
    let secret = Key::Hash(vec![7; 32]);
    assert_eq!(keys(moved), [(None, &a, false), (None, &b, true), (Some("secrets"), &secret, false)]);

    let content = BlockContent::full(&block, Some(&private())).unwrap();
    let secret = Key::Plain("salary".to_owned());
    assert_eq!(keys(&content.transactions[1])[2], (Some("secrets"), &secret, false));
}

#[test]
fn nobody_is_no_creator() {
    let mut header = Header::default();
    assert_eq!(creator(&header), None);
    let identity = SerializedIdentity { mspid: "Org1MSP".to_owned(), id_bytes: Vec::new() };
    header.signature_header =
        SignatureHeader { creator: identity.encode_to_vec(), nonce: Vec::new() }.encode_to_vec();
    assert_eq!(creator(&header), Some(Creator { msp_id: "Org1MSP".to_owned(), subject: None }));
}

#[test]
fn what_cannot_be_decoded_keeps_its_code() {
    let broken = envelope(HeaderType::EndorserTransaction, "t1", b"\xff".to_vec());
    let content = BlockContent::full(&block(vec![b"\xff".to_vec(), broken], vec![1]), None).unwrap();
    let [nothing, half] = content.transactions.as_slice() else { panic!("not two transactions") };
    assert_eq!((nothing.code.to_string().as_str(), nothing.problem.is_some()), ("NIL_ENVELOPE", true));
    assert_eq!((half.id.as_str(), half.problem.is_some()), ("t1", true));
    assert_eq!(half.code.to_string(), "NOT_VALIDATED");
    assert_eq!(BlockContent::full(&Block::default(), None), Err("a block has no header"));
}

proptest! {
    #[test]
    fn any_bytes_in_a_block_are_read(envelopes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..4)) {
        let content = BlockContent::full(&block(envelopes.clone(), Vec::new()), None).unwrap();
        prop_assert_eq!(content.transactions.len(), envelopes.len());
    }
}
