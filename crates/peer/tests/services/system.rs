//! `qscc` and `cscc`, through the endorser and through the gateway.

use ccs_proto::common::{
    Block, BlockData, BlockchainInfo, ChannelHeader, Config, ConfigEnvelope, ConfigGroup, Envelope, Header,
    Payload,
};
use ccs_proto::gateway::EvaluateRequest;
use ccs_proto::peer::{ChannelQueryResponse, ProcessedTransaction, ProposalResponse};
use prost::Message;

use crate::network::CHANNEL;
use crate::proposal::Parts;
use crate::running::{Running, start};

async fn ask(peer: &Running, channel: &str, chaincode: &str, arguments: &[&[u8]]) -> ProposalResponse {
    let client = &peer.network.client;
    let signed = Parts::on(client, channel, chaincode, arguments).signed(client);
    peer.endorser().process_proposal(signed).await.unwrap().into_inner()
}

async fn result(peer: &Running, channel: &str, chaincode: &str, arguments: &[&[u8]]) -> Vec<u8> {
    let response = ask(peer, channel, chaincode, arguments).await.response.unwrap();
    assert_eq!((response.status, response.message.as_str()), (200, ""), "{arguments:?}");
    response.payload
}

async fn failure(peer: &Running, chaincode: &str, arguments: &[&str]) -> String {
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.as_bytes()).collect();
    let answer = ask(peer, CHANNEL, chaincode, &arguments).await;
    let response = answer.response.unwrap();
    assert_eq!(response.status, 500, "{arguments:?}");
    assert!(answer.endorsement.is_none());
    response.message
}

#[tokio::test]
async fn qscc_tells_of_blocks_and_transactions() {
    let peer = start().await;
    let (id, _) = peer.submit(&["put", "a", "1"]).await;
    let channel = CHANNEL.as_bytes();
    let block = peer.ledger.block(1).unwrap().unwrap();
    let info = result(&peer, CHANNEL, "qscc", &[b"GetChainInfo", channel]).await;
    let info = BlockchainInfo::decode(info.as_slice()).unwrap();
    assert_eq!(info, peer.ledger.info().unwrap());
    assert_eq!(info.height, 2);

    let newest = b"18446744073709551615";
    let questions: [(&[u8], &[u8]); 4] = [
        (b"GetBlockByNumber", b"1"),
        (b"GetBlockByNumber", newest),
        (b"GetBlockByHash", &info.current_block_hash),
        (b"GetBlockByTxID", id.as_bytes()),
    ];
    for (function, argument) in questions {
        // With and without the channel in the header.
        for header in [CHANNEL, ""] {
            let found = result(&peer, header, "qscc", &[function, channel, argument]).await;
            assert_eq!(Block::decode(found.as_slice()).unwrap(), block, "{function:?}");
        }
    }
    let found = result(&peer, CHANNEL, "qscc", &[b"GetTransactionByID", channel, id.as_bytes()]).await;
    let found = ProcessedTransaction::decode(found.as_slice()).unwrap();
    assert_eq!(found.validation_code, 0);
    assert_eq!(
        found.transaction_envelope.unwrap().encode_to_vec(),
        peer.ledger.transaction(&id).unwrap().unwrap().envelope
    );

    // As an SDK calls it.
    let client = &peer.network.client;
    let parts = Parts::on(client, CHANNEL, "qscc", &[b"GetBlockByNumber", channel, b"1"]);
    let request =
        EvaluateRequest { proposed_transaction: Some(parts.signed(client)), ..EvaluateRequest::default() };
    let found = peer.gateway().evaluate(request).await.unwrap().into_inner().result.unwrap();
    assert_eq!(Block::decode(found.payload.as_slice()).unwrap(), block);
    peer.stop().await;
}

#[tokio::test]
async fn qscc_says_what_is_wrong() {
    let peer = start().await;
    let cases: [(&[&str], &str); 8] = [
        (&["GetChainInfo"], "Incorrect number of arguments, 1"),
        (&["GetBlockByNumber", CHANNEL], "missing 3rd argument for GetBlockByNumber"),
        (&["GetChainInfo", "nowhere"], "Invalid chain ID, nowhere"),
        (
            &["GetBlockByNumber", CHANNEL, "7"],
            "Failed to get block number 7, error no such block number [7] in index",
        ),
        (
            &["GetBlockByNumber", CHANNEL, "x"],
            "Failed to parse block number with error strconv.ParseUint: parsing \"x\": invalid syntax",
        ),
        (
            &["GetTransactionByID", CHANNEL, "abc"],
            "Failed to get transaction with id abc, error no such transaction ID [abc] in index",
        ),
        (
            &["GetBlockByTxID", CHANNEL, "abc"],
            "Failed to get block for txID abc, error no such transaction ID [abc] in index",
        ),
        (&["Other", CHANNEL, "x"], "Requested function Other not found."),
    ];
    for (arguments, message) in cases {
        assert_eq!(failure(&peer, "qscc", arguments).await, message);
    }
    // The header names qscc, the specification another chaincode.
    let client = &peer.network.client;
    let mut parts = Parts::on(client, CHANNEL, "qscc", &[b"GetChainInfo", CHANNEL.as_bytes()]);
    parts.specification.as_mut().unwrap().chaincode_id.as_mut().unwrap().name = "basic".to_owned();
    let answer = peer.endorser().process_proposal(parts.signed(client)).await.unwrap().into_inner();
    assert_eq!(
        answer.response.unwrap().message,
        "Rejecting invoke of QSCC from another chaincode because of potential for deadlocks, original invocation for 'basic'"
    );
    peer.stop().await;
}

#[tokio::test]
async fn cscc_tells_of_channels() {
    let peer = start().await;
    let channels = result(&peer, "", "cscc", &[b"GetChannels"]).await;
    let channels = ChannelQueryResponse::decode(channels.as_slice()).unwrap().channels;
    assert_eq!(channels.iter().map(|channel| channel.channel_id.as_str()).collect::<Vec<_>>(), [CHANNEL]);
    let channel = CHANNEL.as_bytes();
    let block = result(&peer, CHANNEL, "cscc", &[b"GetConfigBlock", channel]).await;
    assert_eq!(Block::decode(block.as_slice()).unwrap(), peer.ledger.block(0).unwrap().unwrap());
    let config = result(&peer, "", "cscc", &[b"GetChannelConfig", channel]).await;
    assert_eq!(Config::decode(config.as_slice()).unwrap().sequence, 7);

    let cases: [(&[&str], &str); 5] = [
        (&["GetConfigBlock"], "Incorrect number of arguments, 1"),
        (
            &["GetConfigBlock", "nowhere"],
            "access denied for [GetConfigBlock][nowhere]: Failed to get policy manager for channel [nowhere]",
        ),
        (
            &["JoinChainBySnapshot", "folder"],
            "JoinChainBySnapshot is not supported: the channels of this peer are configured at startup",
        ),
        (
            &["JoinChain", ""],
            "\"JoinChain\" request failed to extract channel id from the block due to [failed to retrieve channel id - \
             block is empty]",
        ),
        (&["Other", "x"], "Requested function Other not found."),
    ];
    for (arguments, message) in cases {
        assert_eq!(failure(&peer, "cscc", arguments).await, message);
    }
    peer.stop().await;
}

/// Returns the first block of a channel; with a group, its configuration is valid.
fn first_block(channel: &str, channel_group: Option<ConfigGroup>) -> Vec<u8> {
    let config = ConfigEnvelope { config: Some(Config { sequence: 0, channel_group }), last_update: None };
    let header = ChannelHeader { channel_id: channel.to_owned(), ..ChannelHeader::default() };
    let header = Header { channel_header: header.encode_to_vec(), signature_header: Vec::new() };
    let payload = Payload { header: Some(header), data: config.encode_to_vec() }.encode_to_vec();
    let envelope = Envelope { payload, signature: Vec::new() }.encode_to_vec();
    Block { data: Some(BlockData { data: vec![envelope] }), ..Block::default() }.encode_to_vec()
}

#[tokio::test]
async fn a_channel_that_is_joined_cannot_be_joined_again() {
    let peer = start().await;
    let (client, admin) = (&peer.network.client, peer.network.organization.signer("admin"));
    let valid = |channel: &str| first_block(channel, Some(ConfigGroup::default()));
    for (signer, block, message) in [
        (
            &admin,
            valid(CHANNEL),
            "cannot create ledger from genesis block: ledger [mychannel] already exists with state [ACTIVE]",
        ),
        (
            &admin,
            valid("other"),
            "JoinChain is not supported: the channels of this peer are configured at startup",
        ),
        (
            &admin,
            first_block(CHANNEL, None),
            "\"JoinChain\" for channelID = mychannel failed because of validation of configuration block, because of Nil \
             channel group",
        ),
        (
            client,
            valid(CHANNEL),
            "access denied for [JoinChain][mychannel]: [Failed verifying that proposal's creator satisfies local MSP \
             principal during channelless check policy with policy [Admins]: [The identity is not an admin under this MSP \
             [Org1MSP]: The identity does not contain OU [ADMIN], MSP: [Org1MSP]]]",
        ),
    ] {
        let signed = Parts::on(signer, "", "cscc", &[b"JoinChain", &block]).signed(signer);
        let response = peer.endorser().process_proposal(signed).await.unwrap().into_inner().response.unwrap();
        assert_eq!((response.status, response.message.as_str()), (500, message));
    }
    peer.stop().await;
}
