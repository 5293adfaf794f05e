//! An overlay is either rejected, or does not change the fields that the launcher sets.
#![no_main]

use std::time::Duration;

use ccs_launch::kubernetes::{CONTAINER, Launch, Target};
use ccs_launch::settings::{Role, Rule, Security, Settings, Subject};
use ccs_launch::{Chaincode, Image};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|document: &[u8]| {
    let Ok(pod) = serde_json::from_slice::<Value>(document) else { return };
    let text = |text: &str| text.to_owned();
    let target = Target {
        peer_id: text("peer0"),
        namespace: text("hlf"),
        service_account: text("default"),
        prefix: text("hlfcc"),
        node_role: None,
        start_timeout: Duration::from_mins(3),
        security: Security::Baseline,
        name_servers: Vec::new(),
        annotations: Vec::new(),
        debug: false,
        kubeconfig: None,
        peer_pod: None,
    };
    let named = format!(r#"{{"name":"registry/image","digest":"sha256:{}"}}"#, "0".repeat(64));
    let image = Image::parse(named.as_bytes()).expect("the image is right");
    let chaincode = Chaincode {
        chaincode_id: text("basic:00"),
        peer_address: text("peer0:7052"),
        client_cert: text("CERTIFICATE"),
        client_key: text("KEY"),
        root_cert: text("ROOT"),
        mspid: text("Org1MSP"),
    };
    let mut settings = Settings::default();
    settings.chaincodes.push(Rule { pod: Some(pod), ..Rule::default() });
    let subject = Subject { package: "basic:00", chaincode_type: "k8s", role: Role::Client };
    let launch = Launch { target: &target, settings: &settings, image: &image, chaincode: &chaincode };
    let Ok(plan) = launch.plan(&subject, "x7k2p") else { return };
    let template = &plan.job["spec"]["template"];
    assert_eq!(template["metadata"]["annotations"]["fabric-builder-k8s-ccid"], "basic:00");
    assert_eq!(template["spec"]["restartPolicy"], "Never");
    let containers = template["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ours = containers.iter().filter(|container| container["name"] == CONTAINER);
    assert_eq!(ours.next().map(|container| &container["image"]), Some(&Value::from(image.reference())));
    assert_eq!(ours.next(), None);
});
