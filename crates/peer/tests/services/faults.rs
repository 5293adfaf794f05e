//! Transactions under heavy load, and when a component fails. The chaincode uses the published Rust shim.

use std::collections::HashSet;
use std::sync::Arc;

use ccs_proto::peer::TxValidationCode;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Code;

use crate::evaluate::details;
use crate::running::{LIMIT, Running};
use crate::shim::{serve_values, start_on};

/// Number of calls that a gateway accepts concurrently: `peer.limits.concurrency.gatewayService` of Fabric 3.1.
const GATEWAY_LIMIT: usize = 500;

/// Size in bytes above the limit of a message.
const TOO_MUCH: &str = "104857601";

/// Size in bytes below the limit of a message, but above an HTTP/2 window.
const MUCH: &str = "62914560";

/// Proxy that can cut all its connections.
struct Proxy {
    address: String,
    cuts: watch::Sender<u32>,
}

impl Proxy {
    async fn start(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (cuts, watched) = watch::channel(0);
        tokio::spawn(async move {
            while let Ok((mut inbound, _)) = listener.accept().await {
                let (target, mut cut) = (target.clone(), watched.clone());
                cut.mark_unchanged();
                tokio::spawn(async move {
                    let mut outbound = TcpStream::connect(target).await.unwrap();
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self { address, cuts }
    }

    fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_transactions_at_once_are_all_committed_once() {
    let (running, peer) = start_on(serve_values().await.0).await;
    let (running, gate) = (Arc::new(running), Arc::new(Semaphore::new(GATEWAY_LIMIT)));
    let mut tasks = JoinSet::new();
    for number in 0..1000 {
        let (running, gate) = (Arc::clone(&running), Arc::clone(&gate));
        tasks.spawn(async move {
            let key = format!("key{number}");
            let parts = running.parts(&["Increment", &key]);
            let pass = gate.acquire().await.unwrap();
            let transaction = running.prepare(&parts).await;
            running.send(transaction).await.unwrap();
            let status = running.status(&parts.id()).await;
            drop(pass);
            assert_eq!(status.result(), TxValidationCode::Valid, "{key}");
            parts.id()
        });
    }
    let ids: HashSet<_> = timeout(LIMIT, tasks.join_all()).await.unwrap().into_iter().collect();
    assert_eq!(ids.len(), 1000);
    let transactions: usize = (0..running.ledger.height())
        .map(|number| running.ledger.block(number).unwrap().unwrap().data.unwrap().data.len())
        .sum();
    // Plus the first block and the definition.
    assert_eq!(transactions, 1000 + 2);
    for number in [0, 499, 999] {
        assert_eq!(running.evaluate(&["Get", &format!("key{number}")]).await, b"1");
    }
    Arc::into_inner(running).unwrap().stop().await;
    peer.chaincodes().close().await;
}

#[tokio::test]
async fn of_transactions_that_read_and_write_one_key_at_once_one_is_valid() {
    let (running, peer) = start_on(serve_values().await.0).await;
    let mut transactions = Vec::new();
    for _ in 0..20 {
        let parts = running.parts(&["Increment", "counter"]);
        transactions.push((parts.id(), running.prepare(&parts).await));
    }
    let mut codes = Vec::new();
    for (_, transaction) in &transactions {
        running.send(transaction.clone()).await.unwrap();
    }
    for (id, _) in &transactions {
        codes.push(running.status(id).await.result());
    }
    assert_eq!(codes.remove(0), TxValidationCode::Valid);
    assert_eq!(codes, [TxValidationCode::MvccReadConflict; 19]);
    assert_eq!(running.evaluate(&["Get", "counter"]).await, b"1");
    running.stop().await;
    peer.chaincodes().close().await;
}

#[tokio::test]
async fn a_stream_that_a_proxy_cuts_fails_its_transactions_at_once_and_the_next_one_works() {
    let (chaincode, mut hanging) = serve_values().await;
    let proxy = Proxy::start(chaincode).await;
    let (running, peer) = start_on(proxy.address.clone()).await;
    running.submit(&["Put", "a", "1"]).await;
    for round in 1..=3 {
        let request = running.endorse_request(&running.parts(&["Hang"]));
        let mut gateway = running.gateway();
        let waiting = tokio::spawn(async move { gateway.endorse(request).await });
        timeout(LIMIT, hanging.wait_for(|hanging| *hanging == round)).await.unwrap().unwrap();
        proxy.cut();
        let status = timeout(LIMIT, waiting).await.unwrap().unwrap().unwrap_err();
        assert_eq!(status.code(), Code::Aborted);
        let details = details(&status);
        assert!(details[0].ends_with("error sending: chaincode stream terminated"), "{details:?}");
        assert_eq!(running.evaluate(&["Get", "a"]).await, b"1");
    }
    running.submit(&["Put", "a", "2"]).await;
    assert_eq!(running.evaluate(&["Get", "a"]).await, b"2");
    running.stop().await;
    peer.chaincodes().close().await;
}

#[tokio::test]
async fn a_message_may_have_100_mib_and_after_one_with_more_the_next_transaction_works() {
    let (running, peer) = start_on(serve_values().await.0).await;
    assert_eq!(big(&running, MUCH).await.unwrap(), MUCH.parse::<usize>().unwrap());
    let status = big(&running, TOO_MUCH).await.unwrap_err();
    assert_eq!(status.code(), Code::Aborted);
    assert!(status.message().starts_with("failed to evaluate transaction"), "{status:?}");
    let details = details(&status);
    assert!(details[0].ends_with("error sending: chaincode stream terminated"), "{details:?}");
    running.submit(&["Put", "a", "1"]).await;
    assert_eq!(running.evaluate(&["Get", "a"]).await, b"1");
    running.stop().await;
    peer.chaincodes().close().await;
}

/// Evaluates a function that returns the given number of bytes, and counts them.
async fn big(running: &Running, size: &str) -> Result<usize, tonic::Status> {
    let request = running.evaluate_request(&running.parts(&["Big", size]));
    let mut gateway = running.gateway().max_decoding_message_size(100 << 20);
    Ok(gateway.evaluate(request).await?.into_inner().result.unwrap().payload.len())
}
