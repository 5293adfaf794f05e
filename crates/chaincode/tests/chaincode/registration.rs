//! Errors of a chaincode before it is ready. All chaincodes here are fakes.

use std::time::Duration;

use ccs_chaincode::{ChaincodeLimits, InvokeError, RegisterOptions, TransactionError};
use ccs_proto::peer::ChaincodeId;
use ccs_proto::peer::chaincode_message::Type;
use tokio::time::timeout;
use tonic::Status;

use crate::fake::{message, register, serve, start};
use crate::package_id;

#[tokio::test]
async fn a_fake_chaincode_gets_registered_and_then_ready_with_parameters() {
    let chaincode = start(|mut talk| async move {
        talk.send(message(Type::Keepalive, "", &ChaincodeId::default())).await;
        let ready = talk.register().await;
        let transaction = talk.expect(Type::Transaction).await;
        talk.complete(&transaction, 200, &format!("{:?}", ready.payload)).await;
    })
    .await
    .unwrap();
    let result = chaincode.evaluate("ch", "basic", &["f"]).await.unwrap();
    assert_eq!(result.payload, b"[8, 1, 16, 232, 7, 24, 1, 32, 232, 7]");
    chaincode.close().await;
}

#[tokio::test]
async fn keepalive_is_sent_each_time_the_time_is_over_and_what_a_fake_chaincode_answers_is_ignored() {
    let (heard, mut keepalives) = tokio::sync::mpsc::channel(1);
    let address = serve(move |mut talk| {
        let heard = heard.clone();
        async move {
            talk.register().await;
            for _ in 0..2 {
                let keepalive = talk.expect(Type::Keepalive).await;
                talk.send(keepalive.clone()).await;
                heard.send(keepalive).await.unwrap();
            }
            let transaction = talk.expect(Type::Transaction).await;
            talk.complete(&transaction, 200, "there").await;
        }
    })
    .await;
    let every = Duration::from_mins(10);
    let options = RegisterOptions {
        limits: ChaincodeLimits { keepalive: Some(every), ..ChaincodeLimits::default() },
        ..RegisterOptions::default()
    };
    let chaincode = register(address, &options).await.unwrap();
    tokio::time::pause();
    for _ in 0..2 {
        let begin = tokio::time::Instant::now();
        let keepalive = timeout(every * 2, keepalives.recv()).await.unwrap().unwrap();
        assert_eq!((keepalive.txid.as_str(), keepalive.payload.as_slice()), ("", b"".as_slice()));
        assert!(begin.elapsed() > every / 2, "{:?}", begin.elapsed());
    }
    tokio::time::resume();
    assert_eq!(chaincode.evaluate("ch", "basic", &["f"]).await.unwrap().payload, b"there");
}

#[tokio::test]
async fn a_keepalive_of_zero_is_none_with_a_fake_chaincode() {
    let address = serve(|mut talk| async move {
        talk.register().await;
        let transaction = talk.expect(Type::Transaction).await;
        talk.complete(&transaction, 200, "there").await;
    })
    .await;
    let options = RegisterOptions {
        limits: ChaincodeLimits { keepalive: Some(Duration::ZERO), ..ChaincodeLimits::default() },
        ..RegisterOptions::default()
    };
    let chaincode = register(address, &options).await.unwrap();
    assert_eq!(chaincode.evaluate("ch", "basic", &["f"]).await.unwrap().payload, b"there");
}

#[tokio::test]
async fn a_fake_chaincode_with_another_id_is_refused_at_once_with_both_ids() {
    let error = start(|talk| async move { talk.send_register("other:00").await }).await.unwrap_err();
    let expected = package_id();
    assert_eq!(
        error.to_string(),
        format!(
            "chaincode registration failed: the chaincode registered as \"other:00\", not as \"{expected}\""
        )
    );
    assert!(error.hint().unwrap().contains(&format!("start the chaincode with {expected} as its ID")));
}

#[tokio::test]
async fn a_fake_chaincode_that_begins_with_something_else_is_refused() {
    let error = start(|talk| async move {
        talk.send(message(Type::GetState, "t", &ChaincodeId::default())).await;
    })
    .await
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "chaincode registration failed: [t] Fabric side handler cannot handle message (GET_STATE) while in created state"
    );
}

#[tokio::test]
async fn a_fake_chaincode_that_says_nothing_meets_the_startup_timeout() {
    let address = serve(|mut talk| async move { while talk.receive().await.is_some() {} }).await;
    let options = RegisterOptions {
        limits: ChaincodeLimits { startup_timeout: Duration::from_millis(200), ..ChaincodeLimits::default() },
        ..RegisterOptions::default()
    };
    let error = register(address, &options).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("timeout expired while starting chaincode {} for transaction", package_id())
    );
    assert_eq!(error.hint().unwrap(), "the server accepted the stream but sent no REGISTER within 200ms");
}

#[tokio::test]
async fn a_fake_chaincode_that_ends_the_stream_is_not_registered() {
    let error = start(|talk| async move { talk.fail(Status::internal("no room")).await }).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "chaincode registration failed: chaincode stream terminated: Internal error: no room"
    );
}

#[tokio::test]
async fn a_stream_lost_after_registration_fails_later_transactions_with_the_reason() {
    let chaincode = start(|mut talk| async move {
        talk.register().await;
        talk.fail(Status::unavailable("going away")).await;
    })
    .await
    .unwrap();
    for _ in 0..2 {
        let error = chaincode.submit("ch", "basic", &["f"]).await.unwrap_err();
        assert!(
            matches!(error, TransactionError::Invoke { error: InvokeError::StreamLost { .. }, .. }),
            "{error}"
        );
        assert!(error.hint().unwrap().ends_with("going away"), "{:?}", error.hint());
    }
}

#[tokio::test]
async fn a_grpc_server_without_chaincode_is_told_from_a_chaincode() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let server = tonic::transport::Server::builder().add_routes(tonic::service::Routes::default());
    tokio::spawn(server.serve_with_incoming(incoming));
    let error = register(address, &RegisterOptions::default()).await.unwrap_err();
    assert_eq!(error.hint().unwrap(), "a gRPC server listens there, but it does not serve chaincode");
}
