//! Evaluated and submitted transactions.

use std::sync::Arc;
use std::time::Duration;

use ccs_client::{Endpoint, Error, Gateway, ValidationCode};
use ccs_testkit::{FakeAnswers, FakeGateway, organization};
use tonic::Code;

use crate::{call, connect, status};

#[tokio::test]
async fn a_question_gets_the_chaincodes_bytes_from_a_fake_gateway() {
    let organization = organization();
    let answers = FakeAnswers { result: Ok(b"\xff{}".to_vec()), ..FakeAnswers::default() };
    let fake = FakeGateway::serve(&organization, answers).await;
    let mut call = call();
    call.organizations = vec!["Org2MSP".parse().unwrap()];
    let result = connect(&fake, &organization).await.evaluate(&call).await.unwrap();
    assert_eq!(result, b"\xff{}");
    assert_eq!((fake.proposals().len(), fake.organizations()), (1, vec!["Org2MSP".to_owned()]));
}

#[tokio::test]
async fn a_transaction_is_signed_submitted_and_waited_for_at_a_fake_gateway() {
    let organization = organization();
    let answers =
        FakeAnswers { result: Ok(b"done".to_vec()), commit: Some((0, 7)), ..FakeAnswers::default() };
    let fake = FakeGateway::serve(&organization, answers).await;
    let committed = connect(&fake, &organization).await.submit(&call()).await.unwrap();
    assert_eq!((committed.result.as_slice(), committed.block), (&b"done"[..], 7));
    assert_eq!(committed.transaction_id.as_str().len(), 64);
    assert_eq!(fake.envelopes().len(), 1);
}

#[tokio::test]
async fn a_refusal_keeps_the_words_of_the_endorsers() {
    let organization = organization();
    let refusal = status(
        Code::Aborted,
        "failed to endorse transaction, see attached details for more info",
        &[("peer0.org1.example.com:7051", "Org1MSP", "chaincode response 500, the asset a1 already exists")],
    );
    let fake =
        FakeGateway::serve(&organization, FakeAnswers { result: Err(refusal), ..FakeAnswers::default() })
            .await;
    let error = connect(&fake, &organization).await.submit(&call()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot get the transaction endorsed: ABORTED: failed to endorse transaction, see attached details for more \
         info: peer0.org1.example.com:7051 Org1MSP: chaincode response 500, the asset a1 already exists"
    );
    assert!(fake.envelopes().is_empty());
}

#[tokio::test]
async fn a_long_error_of_a_chaincode_comes_whole_from_a_fake_gateway() {
    let organization = organization();
    let trace = format!("chaincode response 500, {}end", "at Contract.create\n".repeat(5000));
    let message = format!("evaluate call to endorser returned error: {trace}");
    let refusal = status(Code::Unknown, &message, &[("peer0.org1.example.com:7051", "Org1MSP", &trace)]);
    let fake =
        FakeGateway::serve(&organization, FakeAnswers { result: Err(refusal), ..FakeAnswers::default() })
            .await;
    let error = connect(&fake, &organization).await.evaluate(&call()).await.unwrap_err();
    let (text, speaker) = (error.to_string(), "peer0.org1.example.com:7051 Org1MSP");
    assert!(
        text == format!("cannot evaluate the transaction: UNKNOWN: {message} ({speaker})"),
        "{text:.300}"
    );
}

#[tokio::test]
async fn a_transaction_that_does_not_count_is_an_error_with_its_code() {
    let organization = organization();
    let answers = FakeAnswers { commit: Some((11, 8)), ..FakeAnswers::default() };
    let fake = FakeGateway::serve(&organization, answers).await;
    let error = connect(&fake, &organization).await.submit(&call()).await.unwrap_err();
    let Error::Invalid { transaction_id, code, block: 8 } = &error else { panic!("{error}") };
    assert_eq!(*code, ValidationCode::from_number(11));
    let text = format!("transaction {transaction_id} in block 8 is invalid: MVCC_READ_CONFLICT");
    assert_eq!(error.to_string(), text);
    assert!(error.hint().unwrap().ends_with("submit it again"));
}

#[tokio::test]
async fn a_transaction_whose_status_never_comes_is_told_as_sent() {
    let organization = organization();
    let fake =
        FakeGateway::serve(&organization, FakeAnswers { commit: None, ..FakeAnswers::default() }).await;
    let endpoint = Endpoint::new(&fake.address.to_string(), None).unwrap();
    // The client waits this long for the status; all earlier requests are answered at once.
    let user = Arc::clone(organization.user());
    let gateway = Gateway::connect(&endpoint, user, Duration::from_secs(3)).await.unwrap();
    let error = gateway.submit(&call()).await.unwrap_err();
    let Error::Unknown { reason, .. } = &error else { panic!("{error}") };
    assert_eq!(reason.to_string(), "cannot get the status of the transaction: no answer within 3 s");
    assert_eq!(fake.envelopes().len(), 1);
}

#[tokio::test]
async fn an_identity_of_another_organization_is_refused_with_a_hint() {
    let [ours, theirs] = [organization(), organization()];
    let fake = FakeGateway::serve(&theirs, FakeAnswers::default()).await;
    let error = connect(&fake, &ours).await.evaluate(&call()).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot evaluate the transaction: PERMISSION_DENIED: "), "{error}");
    assert!(error.hint().unwrap().starts_with("the channel does not accept this identity"));
}

#[tokio::test]
async fn a_deadline_of_the_peer_is_told_in_its_words() {
    let organization = organization();
    let refusal = status(Code::DeadlineExceeded, "evaluate timeout expired", &[]);
    let fake =
        FakeGateway::serve(&organization, FakeAnswers { result: Err(refusal), ..FakeAnswers::default() })
            .await;
    let error = connect(&fake, &organization).await.evaluate(&call()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot evaluate the transaction: DEADLINE_EXCEEDED: evaluate timeout expired"
    );
    assert_eq!(
        error.hint().unwrap(),
        "the chaincode is not running, is slow, or is stopped at a breakpoint: check its output and the peer's"
    );
}

#[tokio::test]
async fn what_an_orderer_may_have_taken_is_told_as_sent() {
    let organization = organization();
    let lost = status(Code::Unavailable, "no orderers could successfully process transaction", &[]);
    let no =
        status(Code::Aborted, "received unsuccessful response from orderer: status=FORBIDDEN, info=no", &[]);
    let none = status(Code::Unavailable, "no orderer nodes available", &[]);
    for (answer, is_known) in [(lost, false), (no, true), (none, true)] {
        let fake =
            FakeGateway::serve(&organization, FakeAnswers { submit: Err(answer), ..FakeAnswers::default() })
                .await;
        let error = connect(&fake, &organization).await.submit(&call()).await.unwrap_err();
        assert_eq!(matches!(error, Error::Refused { .. }), is_known, "{error}");
        assert_eq!(matches!(error, Error::Unknown { .. }), !is_known, "{error}");
    }
}
