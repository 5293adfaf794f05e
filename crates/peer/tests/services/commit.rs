//! The gateway's `Submit` and `CommitStatus`, and the events for transactions.

use std::sync::{Arc, Mutex};

use ccs_chaincode::{ChaincodeCall, Completed, Gap, Target, TransactionError};
use ccs_channel::Channel;
use ccs_ledger::{Committed, Ledger, Store};
use ccs_peer::observer::{PeerEvent, Purpose};
use ccs_peer::{ChaincodeExecutor, ChaincodePolicies, Observer, Peer, PeerOptions};
use ccs_proto::common::Envelope;
use ccs_proto::gateway::{CommitStatusRequest, SignedCommitStatusRequest, SubmitRequest};
use ccs_proto::peer::TxValidationCode as TxCode;
use prost::Message;
use tokio::time::timeout;
use tonic::{Code, Request};

use crate::fake_contract::FakeContract;
use crate::network::{CHANNEL, Network, Organization};
use crate::proposal::envelope;
use crate::running::{LIMIT, genesis, serve_node, start};

#[tokio::test]
async fn what_is_committed_is_seen_by_the_next_evaluate() {
    let peer = start().await;
    let (first, block) = peer.submit(&["put", "a", "1"]).await;
    assert_eq!(block, 1);
    assert_eq!(peer.evaluate(&["get", "a"]).await, b"1");
    let (_, block) = peer.submit(&["put", "a", "2"]).await;
    assert_eq!(block, 2);
    assert_eq!(peer.evaluate(&["get", "a"]).await, b"2");
    let old = peer.status(&first).await;
    assert_eq!((old.result(), old.block_number), (TxCode::Valid, 1));
    peer.stop().await;
}

/// The fake contract with a copy of the state. Records each block that it receives, with the height at that moment.
struct Copied {
    contract: FakeContract,
    ledger: Ledger,
    blocks: Arc<Mutex<Vec<(u64, u64)>>>,
}

#[tonic::async_trait]
impl ChaincodeExecutor for Copied {
    fn policies(&self, channel: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        self.contract.policies(channel, chaincode)
    }

    fn resolve(&self, channel: &Arc<Channel>, chaincode: &str) -> Result<Target, Gap> {
        self.contract.resolve(channel, chaincode)
    }

    async fn execute(&self, target: Target, call: ChaincodeCall) -> Result<Completed, TransactionError> {
        self.contract.execute(target, call).await
    }

    fn copy(&self, channel: &Channel, block: &Committed) -> Option<String> {
        assert_eq!(channel.name(), CHANNEL);
        self.blocks.lock().unwrap().push((block.number, self.ledger.height()));
        None
    }
}

#[tokio::test]
async fn a_block_is_copied_before_any_client_hears_of_it() {
    let network = Network::new();
    let ledger = Store::temporary().unwrap().channel(CHANNEL, genesis).unwrap();
    let blocks = Arc::<Mutex<Vec<_>>>::default();
    let contract =
        Copied { contract: FakeContract::default(), ledger: ledger.clone(), blocks: Arc::clone(&blocks) };
    let options =
        PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
    let node = Peer::start(options, Arc::new(contract), vec![network.channel(ledger.clone())]);
    let peer = serve_node(network, ledger, node, Arc::default()).await;
    assert_eq!(peer.submit(&["put", "a", "1"]).await.1, 1);
    assert_eq!(*blocks.lock().unwrap(), [(1, 1)]);
    peer.stop().await;
}

/// The fake contract on a peer where all follow-up work of a block fails.
struct Failing(FakeContract);

#[tonic::async_trait]
impl ChaincodeExecutor for Failing {
    fn policies(&self, channel: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        self.0.policies(channel, chaincode)
    }

    fn resolve(&self, channel: &Arc<Channel>, chaincode: &str) -> Result<Target, Gap> {
        self.0.resolve(channel, chaincode)
    }

    async fn execute(&self, target: Target, call: ChaincodeCall) -> Result<Completed, TransactionError> {
        self.0.execute(target, call).await
    }

    fn copy(&self, _: &Channel, _: &Committed) -> Option<String> {
        panic!("no copy")
    }

    fn committed(&self, _: &Committed) -> Vec<String> {
        panic!("no indexes")
    }
}

#[tokio::test]
async fn a_channel_goes_on_when_the_work_after_a_commit_fails() {
    let network = Network::new();
    let ledger = Store::temporary().unwrap().channel(CHANNEL, genesis).unwrap();
    let events = Arc::<Mutex<Vec<_>>>::default();
    let heard = Arc::clone(&events);
    let mut options =
        PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
    // Like an observer that cannot write to its terminal.
    options.observer = Observer::new(move |event| {
        if let PeerEvent::Warning(text) = &event {
            heard.lock().unwrap().push(text.clone());
        }
        panic!("no terminal");
    });
    let executor = Arc::new(Failing(FakeContract::default()));
    let peer = Peer::start(options, executor, vec![network.channel(ledger.clone())]);
    let peer = serve_node(network, ledger, peer, Arc::default()).await;
    for block in 1..=2 {
        assert_eq!(peer.submit(&["put", "a", "1"]).await.1, block);
    }
    assert_eq!(peer.evaluate(&["get", "a"]).await, b"1");
    peer.stop().await;
    let warnings = std::mem::take(&mut *events.lock().unwrap());
    let begins: Vec<_> = warnings
        .iter()
        .map(|text| text.split_once(" with ").map_or(text.as_str(), |(begin, _)| begin))
        .collect();
    for number in 1..=2 {
        assert!(
            begins.contains(&format!("block {number} was not copied: the copy panicked").as_str()),
            "{begins:?}"
        );
    }
    let failed = begins
        .iter()
        .filter(|text| text.starts_with("cannot notify observers of a committed block: task "))
        .count();
    assert_eq!(failed, 2, "{begins:?}");
}

#[tokio::test]
async fn whoever_asks_first_waits_for_the_block() {
    let peer = start().await;
    let parts = peer.parts(&["put", "a", "1"]);
    let transaction = peer.prepare(&parts).await;
    let mut gateway = peer.gateway();
    let request = peer.status_request(&parts.id());
    let waiting = tokio::spawn(async move { gateway.commit_status(request).await });
    peer.send(transaction).await.unwrap();
    let status = timeout(LIMIT, waiting).await.unwrap().unwrap().unwrap().into_inner();
    assert_eq!((status.result(), status.block_number), (TxCode::Valid, 1));
    peer.stop().await;
}

#[tokio::test]
async fn an_invalid_transaction_has_a_status_and_a_duplicate_that_of_the_first() {
    let peer = start().await;
    let (one, two) = (peer.parts(&["increment", "a"]), peer.parts(&["increment", "a"]));
    let (first, second) = (peer.prepare(&one).await, peer.prepare(&two).await);
    peer.send(first.clone()).await.unwrap();
    assert_eq!(peer.status(&one.id()).await.result(), TxCode::Valid);
    peer.send(second).await.unwrap();
    assert_eq!(peer.status(&two.id()).await.result(), TxCode::MvccReadConflict);
    assert_eq!(peer.evaluate(&["get", "a"]).await, b"+");

    peer.send(first).await.unwrap();
    let (_, block) = peer.submit(&["put", "b", "1"]).await;
    let again = peer.status(&one.id()).await;
    assert_eq!((again.result(), again.block_number), (TxCode::Valid, 1));
    assert_eq!(peer.evaluate(&["get", "a"]).await, b"+");
    assert!(block > 2);
    peer.stop().await;
}

#[tokio::test]
async fn submit_takes_signed_transactions_of_members() {
    let peer = start().await;
    let transaction = peer.prepare(&peer.parts(&["put", "a", "1"])).await;
    let stranger = Organization::new("Org2MSP").signer("client");
    let submit = |channel: &str, envelope: Option<Envelope>| SubmitRequest {
        transaction_id: String::new(),
        channel_id: channel.to_owned(),
        prepared_transaction: envelope,
    };
    let unsigned = Envelope { signature: Vec::new(), ..transaction.clone() };
    let cases = [
        (submit(CHANNEL, None), Code::InvalidArgument, "a prepared transaction is required"),
        (submit(CHANNEL, Some(unsigned)), Code::InvalidArgument, "prepared transaction must be signed"),
        (
            submit("nowhere", Some(transaction.clone())),
            Code::FailedPrecondition,
            "failed to get config for channel [nowhere]: could not get last config for channel nowhere",
        ),
        (
            submit(CHANNEL, Some(envelope(transaction.payload.clone(), &stranger))),
            Code::Aborted,
            "received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
        ),
        (
            submit(CHANNEL, Some(envelope(Vec::new(), &peer.network.client))),
            Code::Aborted,
            "received unsuccessful response from orderer: status=BAD_REQUEST, info=payload header is nil",
        ),
    ];
    for (request, code, message) in cases {
        let status = peer.gateway().submit(request).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, message));
        assert_eq!(status.details(), b"");
    }
    assert_eq!(peer.ledger.height(), 1);
    peer.stop().await;
}

#[tokio::test]
async fn a_status_is_for_members_who_say_which() {
    let peer = start().await;
    let client = &peer.network.client;
    let whole = CommitStatusRequest {
        transaction_id: "abc".to_owned(),
        channel_id: CHANNEL.to_owned(),
        identity: client.creator().to_vec(),
    };
    let signed = |request: CommitStatusRequest| {
        let request = request.encode_to_vec();
        SignedCommitStatusRequest { signature: client.sign(&request).unwrap(), request }
    };
    let stranger = Organization::new("Org2MSP").signer("client");
    let by_stranger = CommitStatusRequest { identity: stranger.creator().to_vec(), ..whole.clone() };
    let wrong_signature = SignedCommitStatusRequest { signature: vec![1], ..signed(whole.clone()) };
    let no_readers = "Failed evaluating policy on signed data during check policy on channel [mychannel] with policy [/Channel/Application/Readers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' sub-policies to be satisfied]";
    let cases = [
        (SignedCommitStatusRequest::default(), Code::InvalidArgument, "a commit status request is required"),
        (
            signed(CommitStatusRequest { identity: Vec::new(), ..whole.clone() }),
            Code::InvalidArgument,
            "no identity provided",
        ),
        (
            signed(CommitStatusRequest { channel_id: String::new(), ..whole.clone() }),
            Code::InvalidArgument,
            "no channel ID provided",
        ),
        (
            signed(CommitStatusRequest { transaction_id: String::new(), ..whole.clone() }),
            Code::InvalidArgument,
            "transaction ID should not be empty",
        ),
        (
            signed(CommitStatusRequest { channel_id: "nowhere".to_owned(), ..whole.clone() }),
            Code::PermissionDenied,
            "Failed to get policy manager for channel [nowhere]",
        ),
        (signed(by_stranger), Code::PermissionDenied, no_readers),
        (wrong_signature, Code::PermissionDenied, no_readers),
    ];
    for (request, code, message) in cases {
        let status = peer.gateway().commit_status(request).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (code, message));
    }
    let nonsense = SignedCommitStatusRequest { request: b"\xff".to_vec(), signature: vec![1] };
    let status = peer.gateway().commit_status(nonsense).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().starts_with("invalid status request: "), "{status:?}");
    peer.stop().await;
}

#[tokio::test]
async fn an_unknown_transaction_is_waited_for_until_the_client_gives_up() {
    let peer = start().await;
    let mut request = Request::new(peer.status_request("abc"));
    // The peer answers 100 ms before the client's deadline; a busy machine needs that margin.
    request.set_timeout(std::time::Duration::from_secs(2));
    let status = peer.gateway().commit_status(request).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::DeadlineExceeded, "context deadline exceeded"));
    peer.stop().await;
}

#[tokio::test]
async fn transactions_at_the_same_time_share_blocks() {
    let peer = start().await;
    let mut transactions = Vec::new();
    for number in 0..20 {
        let parts = peer.parts(&["put", &number.to_string(), "value"]);
        transactions.push((parts.id(), peer.prepare(&parts).await));
    }
    let mut sending = tokio::task::JoinSet::new();
    for (_, transaction) in &transactions {
        let request = SubmitRequest {
            channel_id: CHANNEL.to_owned(),
            prepared_transaction: Some(transaction.clone()),
            ..SubmitRequest::default()
        };
        let mut gateway = peer.gateway();
        sending.spawn(async move { gateway.submit(request).await.unwrap() });
    }
    sending.join_all().await;
    for (id, _) in &transactions {
        assert_eq!(peer.status(id).await.result(), TxCode::Valid);
    }
    peer.stop().await;
}

#[tokio::test]
async fn what_was_accepted_is_committed_before_the_peer_stops() {
    let peer = start().await;
    let parts = peer.parts(&["put", "a", "1"]);
    let transaction = peer.prepare(&parts).await;
    peer.send(transaction).await.unwrap();
    let (ledger, id) = (peer.ledger.clone(), parts.id());
    peer.stop().await;
    assert_eq!(ledger.transaction(&id).unwrap().unwrap().code, TxCode::Valid);
}

#[tokio::test]
async fn after_the_stop_nothing_is_accepted() {
    let peer = start().await;
    let transaction = peer.prepare(&peer.parts(&["put", "a", "1"])).await;
    peer.node.stop().await;
    let status = peer.send(transaction).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(status.message(), "no orderers could successfully process transaction");
    assert_eq!(
        crate::evaluate::details(&status),
        [
            "received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=the peer is stopping"
        ]
    );
    peer.stop().await;
}

#[tokio::test]
async fn whoever_watches_hears_of_each_transaction() {
    let peer = start().await;
    peer.evaluate(&["get", "a"]).await;
    let (id, _) = peer.submit(&["put", "a", "1"]).await;
    // A client may see a block before the observer does; after the stop, both have seen it.
    let events = Arc::clone(&peer.events);
    peer.stop().await;
    let events = std::mem::take(&mut *events.lock().unwrap());
    let [PeerEvent::Simulated(evaluated), PeerEvent::Simulated(endorsed), PeerEvent::Committed(committed)] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!((evaluated.purpose, evaluated.function.as_str()), (Purpose::Evaluate, "get"));
    assert_eq!(
        (evaluated.touched[0].namespace.as_str(), &evaluated.touched[0].read),
        ("basic", &vec!["a".to_owned()])
    );
    assert_eq!((endorsed.purpose, endorsed.status), (Purpose::Endorse, 200));
    assert_eq!(endorsed.touched[0].written, ["a"]);
    assert_eq!((committed.transaction_id.as_str(), committed.block), (id.as_str(), 1));
    assert_eq!(committed.code, TxCode::Valid);
    assert_eq!(committed.simulated.as_ref(), Some(endorsed));
}
