//! Events and blocks.

use ccs_client::{BlockRange, Content, Error, Event, EventRange, Position};
use ccs_proto::common::{ChannelHeader, Payload};
use ccs_proto::gateway::ChaincodeEventsResponse;
use ccs_proto::orderer::SeekInfo;
use ccs_proto::orderer::seek_info::SeekBehavior;
use ccs_proto::orderer::seek_position::Type as Seek;
use ccs_proto::peer::deliver_response::Type;
use ccs_proto::peer::{ChaincodeEvent, DeliverResponse, FilteredBlock, FilteredTransaction};
use ccs_testkit::{FakeAnswers, FakeGateway, organization};
use prost::Message as _;

use crate::connect;

fn event(id: &str, name: &str) -> ChaincodeEvent {
    ChaincodeEvent {
        chaincode_id: "basic".to_owned(),
        tx_id: id.to_owned(),
        event_name: name.to_owned(),
        payload: b"p".to_vec(),
    }
}

#[tokio::test]
async fn events_come_one_by_one_with_their_block_from_a_fake_gateway() {
    let organization = organization();
    let messages = vec![
        ChaincodeEventsResponse { events: vec![event("t1", "Made"), event("t2", "Moved")], block_number: 4 },
        ChaincodeEventsResponse { events: vec![event("t3", "Gone")], block_number: 6 },
    ];
    let fake =
        FakeGateway::serve(&organization, FakeAnswers { events: messages, ..FakeAnswers::default() }).await;
    let gateway = connect(&fake, &organization).await;
    let range = EventRange { from: Position::Oldest, after: Some("t0".to_owned()) };
    let mut events = gateway.chaincode_events("mychannel", "basic", &range).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..3 {
        let Event { block, transaction_id, name, payload, .. } = events.next().await.unwrap().unwrap();
        assert_eq!(payload, b"p");
        told.push((block, transaction_id, name));
    }
    let expected = [(4, "t1", "Made"), (4, "t2", "Moved"), (6, "t3", "Gone")];
    assert_eq!(told, expected.map(|(block, id, name)| (block, id.to_owned(), name.to_owned())));
    let [request] = fake.event_requests().try_into().unwrap();
    assert_eq!((request.chaincode_id.as_str(), request.after_transaction_id.as_str()), ("basic", "t0"));
    let Some(Seek::Specified(start)) = request.start_position.unwrap().r#type else { panic!("no number") };
    assert_eq!(start.number, 0);
}

fn answer(answer: Type) -> DeliverResponse {
    DeliverResponse { r#type: Some(answer) }
}

#[tokio::test]
async fn blocks_end_with_success_and_fail_with_any_other_status_of_a_fake_gateway() {
    let organization = organization();
    let filtered = FilteredBlock {
        channel_id: "mychannel".to_owned(),
        number: 3,
        filtered_transactions: vec![FilteredTransaction {
            txid: "t1".to_owned(),
            r#type: 3,
            tx_validation_code: 10,
            data: None,
        }],
    };
    for (status, error) in [(200, None), (403, Some(Error::Deliver { status: 403 }))] {
        let blocks = vec![answer(Type::FilteredBlock(filtered.clone())), answer(Type::Status(status))];
        let answers = FakeAnswers { blocks, ..FakeAnswers::default() };
        let fake = FakeGateway::serve(&organization, answers).await;
        let gateway = connect(&fake, &organization).await;
        let range = BlockRange { from: Position::Block(3), to: Some(Position::Newest) };
        let mut blocks = gateway.blocks("mychannel", range, Content::Filtered).await.unwrap();
        let block = blocks.next().await.unwrap().unwrap();
        assert_eq!((block.number, block.transactions[0].id.as_str()), (3, "t1"));
        assert_eq!(block.transactions[0].code.to_string(), "ENDORSEMENT_POLICY_FAILURE");
        assert_eq!(blocks.next().await.err(), error);

        let [seek] = fake.seeks().try_into().unwrap();
        let payload = Payload::decode(seek.payload.as_slice()).unwrap();
        let header = ChannelHeader::decode(payload.header.unwrap().channel_header.as_slice()).unwrap();
        assert_eq!((header.r#type, header.channel_id.as_str()), (5, "mychannel"));
        assert!(header.timestamp.is_some());
        let seek = SeekInfo::decode(payload.data.as_slice()).unwrap();
        assert!(matches!(seek.start.unwrap().r#type, Some(Seek::Specified(start)) if start.number == 3));
        // A first block that does not exist is an error; the peer does not wait for it.
        assert_eq!(seek.behavior(), SeekBehavior::FailIfNotReady);
        assert!(matches!(seek.stop.unwrap().r#type, Some(Seek::Newest(_))));
    }
}
