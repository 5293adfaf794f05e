//! Tests how a chaincode sees a probe's stream.

use std::sync::{Arc, Mutex};

use ccs_dial::probe::{Cause, Probe, ProbeStep, StepVerdict};
use ccs_testkit::fake_chaincode::serve;

use crate::{package_id, plaintext};

#[tokio::test]
async fn a_probe_sends_nothing_to_a_fake_chaincode_and_closes_its_half() {
    let (ended, end) = tokio::sync::oneshot::channel();
    let ended = Arc::new(Mutex::new(Some(ended)));
    let address = serve(move |mut talk| {
        let ended = Arc::clone(&ended);
        async move {
            talk.send_register(&package_id().to_string()).await;
            let received = talk.receive().await;
            ended.lock().unwrap().take().unwrap().send(received).unwrap();
        }
    })
    .await;
    let report = Probe::new(&plaintext(address)).unwrap().expecting(Some(package_id())).run().await;
    assert!(report.failure().is_none(), "{report:?}");
    assert_eq!(report.announced, Some(package_id().to_string()));
    assert_eq!(end.await.unwrap(), None);
}

#[tokio::test]
async fn steps_after_a_failure_are_skipped() {
    let address = serve(|talk| async move { talk.send_register("other:00").await }).await;
    let report = Probe::new(&plaintext(address)).unwrap().expecting(Some(package_id())).run().await;
    assert_eq!(report.cause, Some(Cause::WrongId));
    let skipped: Vec<ProbeStep> = report
        .steps
        .iter()
        .filter(|step| matches!(step.verdict, StepVerdict::Skipped))
        .map(|step| step.step)
        .collect();
    assert_eq!(skipped, [ProbeStep::Tls]);

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let info = plaintext(listener.local_addr().unwrap());
    drop(listener);
    let report = Probe::new(&info).unwrap().run().await;
    assert_eq!(report.cause, Some(Cause::Refused));
    let last = report.steps.iter().filter(|step| matches!(step.verdict, StepVerdict::Skipped)).count();
    assert_eq!(last, 5);
}
