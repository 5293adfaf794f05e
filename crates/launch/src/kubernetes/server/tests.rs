//! Tests of the plan of a server.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::image::Tls;
use crate::kubernetes::tests::patches;
use crate::settings::{Role, Security};

const DIGEST: &str = "sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";
const ID: &str = "basic_1.0:cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b";
const SUBJECT: Subject<'_> = Subject { package: ID, chaincode_type: "ccaas", role: Role::Server };

/// The name, whose hash is over prefix, peer ID, an empty address, MSP ID and package ID.
const OBJECT: &str = "ccs-basic10-bpzgucek5hlow";

fn target() -> Target {
    Target {
        peer_id: "org1-peer0".to_owned(),
        namespace: "hlf".to_owned(),
        service_account: "default".to_owned(),
        prefix: "hlfcc".to_owned(),
        node_role: None,
        start_timeout: Duration::from_mins(3),
        security: Security::Restricted,
        name_servers: Vec::new(),
        annotations: vec![("team".to_owned(), "a".to_owned())],
        debug: false,
        kubeconfig: None,
        peer_pod: None,
    }
}

fn certificates() -> Certificates {
    let pair = |name: &str| (format!("{name} CERTIFICATE\n"), format!("{name} KEY\n"));
    Certificates {
        ca: "CA\n".to_owned(),
        server: pair("SERVER"),
        client: pair("CLIENT"),
        checksum: "5f".to_owned(),
    }
}

fn plan(image: &str, overlay: &str) -> Result<Plan, Failure> {
    let settings = Settings::parse(format!("chaincodes:\n  - pod: {overlay}\n").as_bytes()).unwrap();
    let image = format!(r#"{{"name":"ghcr.io/example/basic","digest":"{DIGEST}"{image}}}"#);
    let image = Image::parse(image.as_bytes()).unwrap();
    let target = target();
    let server =
        Server { target: &target, settings: &settings, image: &image, package_id: ID, mspid: "Org1MSP" };
    let certificates = certificates();
    server.plan(&SUBJECT, Some(&certificates).filter(|_| image.tls != Tls::None))
}

#[test]
fn each_object_belongs_to_the_package_and_the_peer() {
    let plan = plan("", "{}").unwrap();
    assert_eq!(plan.object, OBJECT);
    assert_eq!(plan.secret_name(), Some(format!("{OBJECT}-tls").as_str()));
    let labels = json!({
        "fabric-ccs/workload": OBJECT,
        "app": OBJECT,
        "chaincode": "basic_1.0",
        "app.kubernetes.io/name": "hyperledger-fabric",
        "app.kubernetes.io/component": "chaincode",
        "app.kubernetes.io/instance": OBJECT,
        "app.kubernetes.io/managed-by": "fabric-ccs",
        "fabric-ccs/package-hash": "Z75CMYUUE6CAJZIHDS4RCUGVKDOAX6CVCSMQRILQWELJ2YLAABFQ",
    });
    for object in [plan.secret.as_ref().unwrap(), &plan.service, &plan.deployment] {
        assert_eq!(object["metadata"]["labels"], labels);
        assert_eq!(object["metadata"]["namespace"], "hlf");
        assert_eq!(object["metadata"]["annotations"]["fabric-ccs/package-id"], ID);
    }
    assert_eq!(plan.service["spec"]["selector"], json!({"fabric-ccs/workload": OBJECT}));
    assert_eq!(plan.service["spec"]["ports"][0]["port"], 9999);
    let spec = &plan.deployment["spec"];
    assert_eq!(spec["selector"], json!({"matchLabels": {"fabric-ccs/workload": OBJECT}}));
    assert_eq!(spec["template"]["metadata"]["labels"], labels);
    assert_eq!(spec["template"]["metadata"]["annotations"]["team"], "a");
    assert_eq!(spec["template"]["metadata"]["annotations"]["fabric-ccs/tls-checksum"], "5f");
}

#[test]
fn the_key_of_the_server_is_in_the_secret_alone() {
    let plan = plan("", "{}").unwrap();
    let secret = plan.secret.as_ref().unwrap();
    assert_eq!(secret["stringData"]["server.key"], "SERVER KEY\n");
    assert_eq!(secret["stringData"]["server.key.b64"], "U0VSVkVSIEtFWQo=");
    assert_eq!(secret["stringData"]["ca.pem"], "CA\n");
    for object in [&plan.service, &plan.deployment] {
        assert!(!object.to_string().contains("KEY\\n"), "{object}");
    }
    let connection = String::from_utf8(plan.connection.to_json()).unwrap();
    assert!(!connection.contains("SERVER KEY") && connection.contains("CLIENT KEY"), "{connection}");
}

#[test]
fn the_peer_dials_as_the_image_says() {
    let connection = plan("", "{}").unwrap().connection;
    assert_eq!(connection.address, format!("{OBJECT}.hlf.svc:9999"));
    assert!(connection.tls_required && connection.client_auth_required);
    assert_eq!(
        (connection.root_cert.as_str(), connection.client_cert.as_str()),
        ("CA\n", "CLIENT CERTIFICATE\n")
    );
    let one_sided = plan(r#","tls":"server","port":7052"#, "{}").unwrap();
    let connection = &one_sided.connection;
    assert_eq!(connection.address, format!("{OBJECT}.hlf.svc:7052"));
    assert!(connection.tls_required && !connection.client_auth_required && connection.client_key.is_empty());
    assert!(!one_sided.deployment.to_string().contains("CHAINCODE_CLIENT_CA_CERT"));
    let plain = plan(r#","tls":"none""#, "{}").unwrap();
    assert!(!plain.connection.tls_required && plain.secret.is_none());
    let spec = &plain.deployment["spec"]["template"]["spec"];
    assert_eq!(spec["volumes"], json!([{"name": "tmp", "emptyDir": {}}]));
}

#[test]
fn the_pod_fits_a_restricted_namespace_and_reads_its_files() {
    let spec = plan("", "{}").unwrap().deployment["spec"]["template"]["spec"].clone();
    let security =
        json!({"fsGroup": 65532, "runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    assert_eq!(spec["securityContext"], security);
    assert_eq!(
        spec["volumes"][0],
        json!({"name": "tls", "secret": {"secretName": format!("{OBJECT}-tls"), "defaultMode": 0o440}})
    );
    let container = &spec["containers"][0];
    assert_eq!(container["ports"], json!([{"name": "chaincode", "containerPort": 9999, "protocol": "TCP"}]));
    let value = |wanted: &str| {
        let variables = container["env"].as_array().unwrap();
        variables.iter().find(|variable| variable["name"] == wanted).unwrap()["value"].clone()
    };
    assert_eq!(value("CHAINCODE_ID"), ID);
    assert_eq!(value("CHAINCODE_SERVER_ADDRESS"), "0.0.0.0:9999");
    assert_eq!(value("CHAINCODE_TLS_KEY"), "/etc/chaincode/tls/server.key");
}

#[test]
fn an_overlay_adds_and_changes_no_reserved_field() {
    let resources = "{spec: {containers: [{name: chaincode, resources: {limits: {memory: 64Mi}}}]}}";
    let plan_with_limit = plan("", resources).unwrap();
    let container = &plan_with_limit.deployment["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["resources"], json!({"limits": {"memory": "64Mi"}}));
    for (overlay, field) in [
        ("{metadata: {labels: {fabric-ccs/workload: x}}}", "metadata.labels.fabric-ccs/workload"),
        (
            "{metadata: {annotations: {fabric-ccs/tls-checksum: x}}}",
            "metadata.annotations.fabric-ccs/tls-checksum",
        ),
        ("{spec: {restartPolicy: Never}}", "spec.restartPolicy"),
        ("{spec: {volumes: [{name: tls, emptyDir: {}}]}}", "spec.volumes[tls]"),
        (
            "{spec: {containers: [{name: chaincode, ports: [{containerPort: 9999, $patch: delete}]}]}}",
            "spec.containers[chaincode].ports[9999]",
        ),
        (
            "{spec: {containers: [{name: chaincode, ports: [{containerPort: 1, name: chaincode}]}]}}",
            "spec.containers[chaincode].ports[9999]",
        ),
        (
            "{spec: {containers: [{name: chaincode, env: [{name: CHAINCODE_ID, value: x}]}]}}",
            "spec.containers[chaincode].env[CHAINCODE_ID]",
        ),
        (
            "{spec: {containers: [{name: chaincode, volumeMounts: [{mountPath: /etc/chaincode, name: x}]}]}}",
            "spec.containers[chaincode].volumeMounts[/etc/chaincode/tls]",
        ),
    ] {
        let failure = plan("", overlay).unwrap_err();
        assert_eq!(failure.to_string(), format!("launch.yaml: chaincodes[0].pod: {field} cannot be changed"));
    }
}

#[test]
fn a_peer_without_an_id_is_refused() {
    let (settings, target) = (Settings::default(), Target { peer_id: String::new(), ..target() });
    let image = Image::parse(format!(r#"{{"name":"a","digest":"{DIGEST}"}}"#).as_bytes()).unwrap();
    let server = Server { target: &target, settings: &settings, image: &image, package_id: ID, mspid: "" };
    let failure = server.check().unwrap_err();
    assert_eq!(failure.code(), ExitCode::Settings);
    assert!(failure.to_string().starts_with("CORE_PEER_ID is empty"), "{failure}");
}

#[test]
fn what_the_settings_make_is_the_same_for_every_certificate() {
    let plan = plan("", "{}").unwrap();
    let mut other = plan.clone();
    other.deployment["spec"]["template"]["metadata"]["annotations"]["fabric-ccs/tls-checksum"] = "00".into();
    assert_eq!(plan.settings_alone(), other.settings_alone());
    assert!(plan.is_ours(&plan.deployment["spec"]["template"]));
    assert!(!other.is_ours(&plan.deployment["spec"]["template"]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_overlay_changes_a_reserved_field(spec in patches(), metadata in patches()) {
        let without = plan("", "{}").unwrap();
        let overlay = json!({"spec": spec, "metadata": metadata}).to_string();
        if let Ok(with) = plan("", &overlay) {
            let template = |plan: &Plan| plan.deployment["spec"]["template"].clone();
            let (before, after) = (template(&without), template(&with));
            prop_assert!(with.is_ours(&after));
            prop_assert!(after["metadata"].get("name").is_none());
            for kind in ["labels", "annotations"] {
                let marks = before["metadata"][kind].as_object().unwrap();
                for (name, value) in marks.iter().filter(|(name, _)| *name != "team") {
                    prop_assert_eq!(&after["metadata"][kind][name], value);
                }
            }
            let (before, after) = (&before["spec"], &after["spec"]);
            prop_assert_eq!(&after["restartPolicy"], "Always");
            let named = |list: &Value, name: &str| -> Vec<Value> {
                list.as_array().into_iter().flatten().filter(|item| item["name"] == name).cloned().collect()
            };
            prop_assert_eq!(named(&after["volumes"], "tls"), named(&before["volumes"], "tls"));
            let ours = named(&after["containers"], "chaincode");
            prop_assert_eq!(ours.len(), 1);
            let container = &before["containers"][0];
            prop_assert_eq!(&ours[0]["image"], &container["image"]);
            prop_assert_eq!(named(&ours[0]["ports"], "chaincode"), named(&container["ports"], "chaincode"));
            for variable in container["env"].as_array().unwrap() {
                let name = variable["name"].as_str().unwrap();
                prop_assert_eq!(named(&ours[0]["env"], name), vec![variable.clone()]);
            }
        }
    }
}

#[test]
fn without_certificates_a_pod_is_known_by_its_template() {
    for image in ["", r#","tls":"none""#] {
        let made = |overlay: &str| plan(image, overlay).unwrap();
        let limit = |memory: &str| {
            format!(
                "{{spec: {{containers: [{{name: chaincode, resources: {{limits: {{memory: {memory}}}}}}}]}}}}"
            )
        };
        let (one, other) = (made(&limit("64Mi")), made(&limit("128Mi")));
        let pod = |plan: &Plan| plan.deployment["spec"]["template"].clone();
        assert!(one.is_ours(&pod(&one)) && one.is_ours(&pod(&made(&limit("64Mi")))), "{image}");
        // With certificates, each build has its own; this one's are the same.
        assert_eq!(one.is_ours(&pod(&other)), image.is_empty(), "{image}");
    }
}

#[test]
fn a_plan_that_is_shown_leaves_the_secret_out() {
    let shown = format!("{:?}", plan("", "{}").unwrap());
    assert!(!shown.contains("SERVER KEY") && !shown.contains("CLIENT KEY"), "{shown}");
}
