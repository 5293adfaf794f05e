//! Streams of blocks.

use std::time::SystemTime;

use ccs_identity::Signer;
use ccs_proto::common::{
    Block, ChannelHeader, Envelope, Header, HeaderType, Payload, SignatureHeader, Status as Code,
};
use ccs_proto::orderer::seek_info::{SeekBehavior, SeekContentType};
use ccs_proto::orderer::seek_position::Type as Position;
use ccs_proto::orderer::{SeekInfo, SeekNewest, SeekNextCommit, SeekOldest, SeekPosition, SeekSpecified};
use ccs_proto::peer::deliver_client::DeliverClient;
use ccs_proto::peer::deliver_response::Type;
use ccs_proto::peer::filtered_transaction::Data;
use ccs_proto::peer::{ChaincodeEvent, DeliverResponse, FilteredBlock, TxValidationCode};
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;
use tonic::transport::Channel;

use crate::network::{CHANNEL, Organization};
use crate::proposal::envelope;
use crate::running::{LIMIT, Running, start};

pub(crate) fn at(number: u64) -> Position {
    Position::Specified(SeekSpecified { number })
}

const OLDEST: Position = Position::Oldest(SeekOldest {});
const NEWEST: Position = Position::Newest(SeekNewest {});

pub(crate) fn seek(start: Position, stop: Position) -> SeekInfo {
    let position = |position| Some(SeekPosition { r#type: Some(position) });
    SeekInfo { start: position(start), stop: position(stop), ..SeekInfo::default() }
}

/// Signs a request as the SDKs do, without a nonce.
pub(crate) fn request(client: &Signer, channel: &str, info: &SeekInfo) -> Envelope {
    let channel_header = ChannelHeader {
        r#type: HeaderType::DeliverSeekInfo.into(),
        timestamp: Some(SystemTime::now().into()),
        channel_id: channel.to_owned(),
        ..ChannelHeader::default()
    };
    let signature_header = SignatureHeader { creator: client.creator().to_vec(), nonce: Vec::new() };
    let header = Header {
        channel_header: channel_header.encode_to_vec(),
        signature_header: signature_header.encode_to_vec(),
    };
    envelope(Payload { header: Some(header), data: info.encode_to_vec() }.encode_to_vec(), client)
}

/// Bidirectional stream.
struct Session {
    requests: mpsc::Sender<Envelope>,
    responses: Streaming<DeliverResponse>,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Whole,
    Filtered,
    Private,
}

impl Session {
    async fn open(peer: &Running, form: Form) -> Self {
        let mut client = DeliverClient::<Channel>::new(peer.channel.clone());
        let (requests, stream) = mpsc::channel(4);
        let stream = ReceiverStream::new(stream);
        let responses = match form {
            Form::Whole => client.deliver(stream).await,
            Form::Filtered => client.deliver_filtered(stream).await,
            Form::Private => client.deliver_with_private_data(stream).await,
        };
        Self { requests, responses: responses.unwrap().into_inner() }
    }

    async fn next(&mut self) -> Option<Type> {
        let next = timeout(LIMIT, self.responses.message()).await.unwrap().unwrap();
        next.map(|response| response.r#type.unwrap())
    }

    async fn block(&mut self) -> Block {
        match self.next().await {
            Some(Type::Block(block)) => block,
            other => panic!("no block: {other:?}"),
        }
    }

    async fn filtered(&mut self) -> FilteredBlock {
        match self.next().await {
            Some(Type::FilteredBlock(block)) => block,
            other => panic!("no filtered block: {other:?}"),
        }
    }

    async fn status(&mut self) -> Code {
        match self.next().await {
            Some(Type::Status(status)) => status.try_into().unwrap(),
            other => panic!("no status: {other:?}"),
        }
    }
}

async fn open_with(peer: &Running, form: Form, info: &SeekInfo) -> Session {
    let session = Session::open(peer, form).await;
    session.requests.send(request(&peer.network.client, CHANNEL, info)).await.unwrap();
    session
}

#[tokio::test]
async fn blocks_come_in_order_and_then_success_and_one_may_ask_again() {
    let peer = start().await;
    peer.submit(&["put", "a", "1"]).await;
    let mut session = open_with(&peer, Form::Whole, &seek(OLDEST, NEWEST)).await;
    for number in 0..2 {
        let block = session.block().await;
        assert_eq!(Some(&block), peer.ledger.block(number).unwrap().as_ref());
    }
    assert_eq!(session.status().await, Code::Success);

    let again = request(&peer.network.client, CHANNEL, &seek(at(1), at(1)));
    session.requests.send(again).await.unwrap();
    assert_eq!(session.block().await.header.unwrap().number, 1);
    assert_eq!(session.status().await, Code::Success);
    peer.stop().await;
}

#[tokio::test]
async fn a_client_that_has_closed_its_side_still_gets_what_comes() {
    let peer = start().await;
    // As the peer command waits for its transaction.
    let mut session = open_with(&peer, Form::Filtered, &seek(NEWEST, at(u64::MAX))).await;
    let (closed, _) = mpsc::channel(1);
    drop(std::mem::replace(&mut session.requests, closed));
    assert_eq!(session.filtered().await.number, 0);
    let (id, _) = peer.submit(&["put", "a", "1"]).await;
    let block = session.filtered().await;
    assert_eq!((block.number, block.filtered_transactions[0].txid.as_str()), (1, id.as_str()));
    peer.stop().await;
}

#[tokio::test]
async fn next_commit_waits_for_the_next_block() {
    let peer = start().await;
    let next = Position::NextCommit(SeekNextCommit {});
    let mut session = open_with(&peer, Form::Whole, &seek(next, at(u64::MAX))).await;
    // The peer computes the position when it reads the request, so no transaction may be sent before that.
    let mut probe = open_with(&peer, Form::Whole, &seek(OLDEST, OLDEST)).await;
    probe.block().await;
    peer.submit(&["put", "a", "1"]).await;
    let first = session.block().await.header.unwrap().number;
    assert!((1..=2).contains(&first), "{first}");
    peer.stop().await;
}

#[tokio::test]
async fn filtered_blocks_tell_what_anyone_may_know() {
    let peer = start().await;
    let (id, _) = peer.submit(&["emit", "created", "secret"]).await;
    let (silent, _) = peer.submit(&["put", "a", "1"]).await;
    let (one, two) = (peer.parts(&["increment", "a"]), peer.parts(&["increment", "a"]));
    let transactions = (peer.prepare(&one).await, peer.prepare(&two).await);
    peer.send(transactions.0).await.unwrap();
    peer.status(&one.id()).await;
    peer.send(transactions.1).await.unwrap();
    peer.status(&two.id()).await;

    let mut session = open_with(&peer, Form::Filtered, &seek(OLDEST, NEWEST)).await;
    let genesis = session.filtered().await;
    assert_eq!((genesis.channel_id.as_str(), genesis.number), (CHANNEL, 0));
    let config = &genesis.filtered_transactions[0];
    assert_eq!((config.r#type(), config.txid.as_str(), &config.data), (HeaderType::Config, "", &None));

    let with_event = &session.filtered().await.filtered_transactions[0];
    assert_eq!(
        (with_event.txid.as_str(), with_event.r#type()),
        (id.as_str(), HeaderType::EndorserTransaction)
    );
    let Some(Data::TransactionActions(actions)) = &with_event.data else { panic!("{with_event:?}") };
    let expected = ChaincodeEvent {
        chaincode_id: "basic".to_owned(),
        tx_id: id,
        event_name: "created".to_owned(),
        payload: Vec::new(),
    };
    assert_eq!(actions.chaincode_actions[0].chaincode_event, Some(expected));

    let without_event = session.filtered().await.filtered_transactions[0].clone();
    assert_eq!(without_event.txid, silent);
    let Some(Data::TransactionActions(actions)) = without_event.data else { panic!("no actions") };
    assert!(actions.chaincode_actions.is_empty());
    session.filtered().await;
    let invalid = session.filtered().await.filtered_transactions[0].clone();
    assert_eq!(invalid.tx_validation_code(), TxValidationCode::MvccReadConflict);
    assert_eq!(session.status().await, Code::Success);
    peer.stop().await;
}

#[tokio::test]
async fn private_data_is_for_the_members_of_its_collection() {
    let peer = start().await;
    let (_, ours) = peer.submit(&["put private", "ours", "key", "secret"]).await;
    let (_, theirs) = peer.submit(&["put private", "theirs", "key", "secret"]).await;
    let mut session = open_with(&peer, Form::Private, &seek(at(ours), at(theirs))).await;
    let mut found = Vec::new();
    for _ in 0..2 {
        let Some(Type::BlockAndPrivateData(block)) = session.next().await else { panic!("no private data") };
        let names = block.private_data_map.into_iter().map(|(index, set)| {
            let set = &set.ns_pvt_rwset[0];
            (index, set.namespace.clone(), set.collection_pvt_rwset[0].collection_name.clone())
        });
        found.push((block.block.unwrap().header.unwrap().number, names.collect::<Vec<_>>()));
    }
    assert_eq!(found, [(ours, vec![(0, "basic".to_owned(), "ours".to_owned())]), (theirs, Vec::new())]);
    assert_eq!(session.status().await, Code::Success);
    peer.stop().await;
}

#[tokio::test]
async fn a_header_comes_without_transactions_but_for_a_configuration() {
    let peer = start().await;
    peer.submit(&["put", "a", "1"]).await;
    let info = SeekInfo { content_type: SeekContentType::HeaderWithSigBytes.into(), ..seek(OLDEST, NEWEST) };
    let mut session = open_with(&peer, Form::Whole, &info).await;
    assert!(session.block().await.data.is_some());
    let block = session.block().await;
    assert!(block.data.is_none() && block.metadata.is_some());
    peer.stop().await;
}

#[tokio::test]
async fn a_request_that_cannot_be_served_gets_a_status_and_the_end_of_the_stream() {
    let peer = start().await;
    let client = &peer.network.client;
    let everything = seek(OLDEST, NEWEST);
    let stranger = Organization::new("Org2MSP").signer("client");
    let old = peer.network.organization.expired();
    let unready = SeekInfo { behavior: SeekBehavior::FailIfNotReady.into(), ..seek(at(1), at(1)) };
    let mut forged = request(client, CHANNEL, &everything);
    forged.signature = stranger.sign(&forged.payload).unwrap();
    let cases = [
        (Envelope { payload: b"\xff".to_vec(), signature: Vec::new() }, Code::BadRequest),
        (request(client, CHANNEL, &SeekInfo::default()), Code::BadRequest),
        (request(client, CHANNEL, &seek(at(1), at(0))), Code::BadRequest),
        (request(client, "nowhere", &everything), Code::NotFound),
        (request(client, CHANNEL, &seek(at(2), at(2))), Code::NotFound),
        (request(client, CHANNEL, &unready), Code::NotFound),
        (request(&stranger, CHANNEL, &everything), Code::Forbidden),
        (request(&old, CHANNEL, &everything), Code::Forbidden),
        (forged, Code::Forbidden),
    ];
    for (request, status) in cases {
        let mut session = Session::open(&peer, Form::Whole).await;
        session.requests.send(request.clone()).await.unwrap();
        assert_eq!(session.status().await, status, "{request:?}");
        assert_eq!(session.next().await, None);
    }
    peer.stop().await;
}
