//! Tests of the plan: the objects of fabric-builder-k8s, and what overlays do and may not do.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::settings::Security;

const DIGEST: &str = "sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";
const ID: &str = "fabcar:cffa266294278404e5071cb91150d550dc0bf855149908a170b1169d6160004b";
const SUBJECT: Subject<'_> = Subject { package: ID, chaincode_type: "k8s", role: Role::Client };

fn target(security: Security) -> Target {
    Target {
        peer_id: "CongaOrgPeer0".to_owned(),
        namespace: "chaincode".to_owned(),
        service_account: "default".to_owned(),
        prefix: "hlf-k8sbuilder-ftw".to_owned(),
        node_role: None,
        start_timeout: Duration::from_mins(3),
        security,
        name_servers: Vec::new(),
        annotations: Vec::new(),
        debug: false,
        kubeconfig: None,
        peer_pod: None,
    }
}

fn chaincode() -> Chaincode {
    Chaincode {
        chaincode_id: ID.to_owned(),
        peer_address: "peer0.org1.example.com".to_owned(),
        client_cert: "CERTIFICATE\n".to_owned(),
        client_key: "KEY\n".to_owned(),
        root_cert: "ROOT\n".to_owned(),
        mspid: "CongaOrg".to_owned(),
    }
}

fn image() -> Image {
    Image::parse(format!(r#"{{"name":"ghcr.io/example/fabcar","digest":"{DIGEST}"}}"#).as_bytes()).unwrap()
}

fn plan_of(target: &Target, settings: &str) -> Result<Plan, Failure> {
    let settings = Settings::parse(settings.as_bytes()).unwrap();
    let launch = Launch { target, settings: &settings, image: &image(), chaincode: &chaincode() };
    launch.plan(&SUBJECT, "x7k2p")
}

fn with_overlay(overlay: &str) -> Result<Plan, Failure> {
    plan_of(&target(Security::Baseline), &format!("chaincodes:\n  - pod: {overlay}\n"))
}

/// The labels and annotations of every object.
fn marks() -> (Value, Value) {
    let labels = json!({
        "app.kubernetes.io/name": "hyperledger-fabric",
        "app.kubernetes.io/component": "chaincode",
        "app.kubernetes.io/created-by": "fabric-builder-k8s",
        "app.kubernetes.io/managed-by": "fabric-builder-k8s",
        "fabric-builder-k8s-cclabel": "fabcar",
        "fabric-builder-k8s-cchash": "Z75CMYUUE6CAJZIHDS4RCUGVKDOAX6CVCSMQRILQWELJ2YLAABFQ",
    });
    let annotations = json!({
        "fabric-builder-k8s-ccid": ID,
        "fabric-builder-k8s-mspid": "CongaOrg",
        "fabric-builder-k8s-peeraddress": "peer0.org1.example.com",
        "fabric-builder-k8s-peerid": "CongaOrgPeer0",
    });
    (labels, annotations)
}

#[test]
fn without_security_the_pod_is_that_of_fabric_builder_k8s() {
    let plan = plan_of(&target(Security::None), "").unwrap();
    let (labels, annotations) = marks();
    let expected = json!({
        "metadata": {"labels": labels, "annotations": annotations},
        "spec": {
            "restartPolicy": "Never",
            "serviceAccountName": "default",
            "containers": [{
                "name": "chaincode",
                "image": format!("ghcr.io/example/fabcar@{DIGEST}"),
                "env": [
                    {"name": "CORE_CHAINCODE_ID_NAME", "value": ID},
                    {"name": "CORE_PEER_ADDRESS", "value": "peer0.org1.example.com"},
                    {"name": "CORE_PEER_TLS_ENABLED", "value": "true"},
                    {"name": "CORE_PEER_TLS_ROOTCERT_FILE", "value": "/etc/hyperledger/fabric/peer.crt"},
                    {"name": "CORE_TLS_CLIENT_KEY_PATH", "value": "/etc/hyperledger/fabric/client.key"},
                    {"name": "CORE_TLS_CLIENT_CERT_PATH", "value": "/etc/hyperledger/fabric/client.crt"},
                    {"name": "CORE_TLS_CLIENT_KEY_FILE", "value": "/etc/hyperledger/fabric/client_pem.key"},
                    {"name": "CORE_TLS_CLIENT_CERT_FILE", "value": "/etc/hyperledger/fabric/client_pem.crt"},
                    {"name": "CORE_PEER_LOCALMSPID", "value": "CongaOrg"},
                ],
                "volumeMounts": [{"name": "certs", "mountPath": "/etc/hyperledger/fabric", "readOnly": true}],
            }],
            "volumes": [{"name": "certs", "secret": {"secretName": "hlf-k8sbuilder-ftw-fabcar-s6pwkq6bepi2e"}}],
        },
    });
    assert_eq!(
        plan.job["spec"],
        json!({"backoffLimit": 0, "ttlSecondsAfterFinished": 300, "template": expected})
    );
    assert_eq!(plan.job_name(), "hlf-k8sbuilder-ftw-fabcar-s6pwkq6bepi2e-x7k2p");
}

#[test]
fn the_secret_holds_the_certificates_in_both_forms_and_goes_with_its_job() {
    let plan = plan_of(&target(Security::Baseline), "").unwrap();
    let (mut labels, annotations) = marks();
    labels["fabric-ccs/workload"] = "hlf-k8sbuilder-ftw-fabcar-s6pwkq6bepi2e".into();
    let expected = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "hlf-k8sbuilder-ftw-fabcar-s6pwkq6bepi2e",
            "namespace": "chaincode",
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "u"}],
        },
        "type": "Opaque",
        "stringData": {
            "peer.crt": "ROOT\n",
            "client_pem.crt": "CERTIFICATE\n",
            "client_pem.key": "KEY\n",
            "client.crt": "Q0VSVElGSUNBVEUK",
            "client.key": "S0VZCg==",
        },
    });
    assert_eq!(plan.secret_of("j", "u"), expected);
}

#[test]
fn a_job_of_a_pod_goes_with_it_and_does_not_hold_it_back() {
    let plan = plan_of(&target(Security::Baseline), "").unwrap();
    assert_eq!(plan.job["metadata"].get("ownerReferences"), None);
    let owner = json!([{"apiVersion": "v1", "kind": "Pod", "name": "org1-peer0-0", "uid": "u"}]);
    assert_eq!(plan.job_of("org1-peer0-0", "u")["metadata"]["ownerReferences"], owner);
}

#[test]
fn a_node_role_asks_for_such_nodes_and_tolerates_their_taint() {
    let target = Target { node_role: Some("chaincode".to_owned()), ..target(Security::None) };
    let spec = &plan_of(&target, "").unwrap().job["spec"]["template"]["spec"];
    let term = json!({"matchExpressions": [
        {"key": "fabric-builder-k8s-role", "operator": "In", "values": ["chaincode"]},
    ]});
    let required = json!({"nodeSelectorTerms": [term]});
    assert_eq!(spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"], required);
    let taint = json!([{
        "key": "fabric-builder-k8s-role", "operator": "Equal", "value": "chaincode", "effect": "NoSchedule",
    }]);
    assert_eq!(spec["tolerations"], taint);
}

#[test]
fn each_level_of_security_adds_to_the_pod() {
    let spec = |security| plan_of(&target(security), "").unwrap().job["spec"]["template"]["spec"].clone();
    let baseline = spec(Security::Baseline);
    assert_eq!(baseline["automountServiceAccountToken"], false);
    assert_eq!(baseline["enableServiceLinks"], false);
    assert_eq!(baseline["securityContext"], json!({"seccompProfile": {"type": "RuntimeDefault"}}));
    assert_eq!(baseline["containers"][0]["securityContext"], json!({"allowPrivilegeEscalation": false}));
    let restricted = spec(Security::Restricted);
    assert_eq!(
        restricted["securityContext"],
        json!({"seccompProfile": {"type": "RuntimeDefault"}, "runAsNonRoot": true})
    );
    assert_eq!(
        restricted["containers"][0]["securityContext"],
        json!({
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true,
        })
    );
    assert_eq!(restricted["volumes"][1], json!({"name": "tmp", "emptyDir": {}}));
}

#[test]
fn settings_of_its_users_are_kept() {
    let target = Target {
        name_servers: vec!["10.0.0.1".to_owned()],
        annotations: vec![("sidecar.istio.io/inject".to_owned(), "false".to_owned())],
        ..target(Security::Baseline)
    };
    let template = &plan_of(&target, "").unwrap().job["spec"]["template"];
    assert_eq!(template["spec"]["dnsPolicy"], "None");
    assert_eq!(template["spec"]["dnsConfig"], json!({"nameservers": ["10.0.0.1"]}));
    assert_eq!(template["metadata"]["annotations"]["sidecar.istio.io/inject"], "false");
}

#[test]
fn a_chaincode_of_a_peer_without_tls_connects_without_it() {
    let chaincode = Chaincode { root_cert: String::new(), ..chaincode() };
    let (target, settings) = (target(Security::Baseline), Settings::default());
    let launch = Launch { target: &target, settings: &settings, image: &image(), chaincode: &chaincode };
    let plan = launch.plan(&SUBJECT, "x7k2p").unwrap();
    let variable = &plan.job["spec"]["template"]["spec"]["containers"][0]["env"][2];
    assert_eq!(*variable, json!({"name": "CORE_PEER_TLS_ENABLED", "value": "false"}));
}

#[test]
fn older_jobs_are_those_of_the_same_chaincode() {
    let plan = plan_of(&target(Security::Baseline), "").unwrap();
    let object = "hlf-k8sbuilder-ftw-fabcar-s6pwkq6bepi2e";
    for (job, older) in [
        ("-abc12", true),
        ("-x7k2p", false),
        ("-abc1", false),
        ("", false),
        ("-a-bc1", false),
        ("2-abc12", false),
    ] {
        assert_eq!(plan.replaces(&format!("{object}{job}")), older, "{job}");
    }
    assert_eq!(
        plan.selector(),
        "app.kubernetes.io/created-by=fabric-builder-k8s,\
         fabric-builder-k8s-cchash=Z75CMYUUE6CAJZIHDS4RCUGVKDOAX6CVCSMQRILQWELJ2YLAABFQ"
    );
}

#[test]
fn an_overlay_adds_what_the_operator_decides() {
    let plan = with_overlay(
        "{metadata: {annotations: {team: a}}, spec: {nodeSelector: {disk: fast}, containers: [{name: chaincode, \
         resources: {limits: {memory: 512Mi}}, env: [{name: GOGC, value: '50'}]}]}}",
    )
    .unwrap();
    let template = &plan.job["spec"]["template"];
    assert_eq!(template["metadata"]["annotations"]["team"], "a");
    assert_eq!(template["spec"]["nodeSelector"], json!({"disk": "fast"}));
    let container = &template["spec"]["containers"][0];
    assert_eq!(container["resources"], json!({"limits": {"memory": "512Mi"}}));
    assert_eq!(container["env"].as_array().unwrap().len(), 10);
}

#[test]
fn a_reserved_field_is_refused_by_its_name() {
    for (overlay, field) in [
        ("{metadata: {name: x}}", "metadata.name"),
        ("{metadata: {ownerReferences: [{uid: x}]}}", "metadata.ownerReferences"),
        (
            "{metadata: {labels: {fabric-builder-k8s-cclabel: x}}}",
            "metadata.labels.fabric-builder-k8s-cclabel",
        ),
        ("{metadata: {annotations: null}}", "metadata.annotations.fabric-builder-k8s-ccid"),
        ("{spec: {restartPolicy: OnFailure}}", "spec.restartPolicy"),
        ("{spec: {volumes: [{name: certs, emptyDir: {}}]}}", "spec.volumes[certs]"),
        ("{spec: {containers: [{name: chaincode, image: x}]}}", "spec.containers[chaincode].image"),
        ("{spec: {containers: [{$patch: replace}]}}", "spec.containers[chaincode].name"),
        (
            "{spec: {containers: [{name: chaincode, env: [{name: CORE_PEER_ADDRESS, value: x}]}]}}",
            "spec.containers[chaincode].env[CORE_PEER_ADDRESS]",
        ),
        (
            "{spec: {containers: [{name: chaincode, volumeMounts: [{mountPath: /etc/hyperledger, name: x}]}]}}",
            "spec.containers[chaincode].volumeMounts[/etc/hyperledger/fabric]",
        ),
        ("{spec: {initContainers: [{name: chaincode}]}}", "spec.initContainers[chaincode]"),
    ] {
        let failure = with_overlay(overlay).unwrap_err();
        assert_eq!(failure.to_string(), format!("launch.yaml: chaincodes[0].pod: {field} cannot be changed"));
        assert_eq!(failure.code(), ExitCode::Settings);
    }
}

/// Patches that are similar to a pod template, and some that are not.
pub(super) fn patches() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(json!("x")),
        Just(json!(1)),
        Just(json!([])),
        Just(json!("chaincode"))
    ];
    let name = prop::sample::select(vec![
        "metadata",
        "spec",
        "name",
        "labels",
        "annotations",
        "containers",
        "initContainers",
        "env",
        "volumes",
        "image",
        "volumeMounts",
        "mountPath",
        "restartPolicy",
        "fabric-builder-k8s-ccid",
        "value",
        "$patch",
        "secret",
        "ports",
        "containerPort",
        "fabric-ccs/workload",
    ]);
    leaf.prop_recursive(6, 48, 5, move |inner| {
        let named = prop::sample::select(vec![
            "chaincode",
            "certs",
            "tls",
            "CHAINCODE_ID",
            "CORE_PEER_ADDRESS",
            "CORE_PEER_TLS_ENABLED",
            "replace",
            "delete",
            "other",
        ]);
        let item = (named, prop::collection::btree_map(name.clone(), inner.clone(), 0..3)).prop_map(
            |(named, fields)| {
                let mut item: serde_json::Map<String, Value> =
                    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                item.insert(
                    if matches!(named, "replace" | "delete") { "$patch" } else { "name" }.to_owned(),
                    named.into(),
                );
                Value::Object(item)
            },
        );
        prop_oneof![
            prop::collection::btree_map(name.clone(), inner, 0..4).prop_map(|fields| fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
            prop::collection::vec(item, 0..3).prop_map(Value::Array),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_overlay_changes_a_reserved_field(spec in patches(), metadata in patches()) {
        let (target, image, chaincode) = (target(Security::Restricted), image(), chaincode());
        let mut settings = Settings::default();
        let pod = Some(json!({"spec": spec, "metadata": metadata}));
        settings.chaincodes.push(crate::settings::Rule { pod, ..<_>::default() });
        let launch = Launch { target: &target, settings: &settings, image: &image, chaincode: &chaincode };
        if let Ok(plan) = launch.plan(&SUBJECT, "x7k2p") {
            let template = &plan.job["spec"]["template"];
            let (labels, annotations) = marks();
            for (kind, marks) in [("labels", labels), ("annotations", annotations)] {
                for (name, value) in marks.as_object().unwrap() {
                    prop_assert_eq!(&template["metadata"][kind][name], value);
                }
            }
            prop_assert!(template["metadata"].get("name").is_none());
            let spec = &template["spec"];
            prop_assert_eq!(&spec["restartPolicy"], "Never");
            let ours = |list: &Value, name: &str| -> Vec<Value> {
                list.as_array().unwrap().iter().filter(|item| item["name"] == name).cloned().collect()
            };
            let containers = ours(&spec["containers"], "chaincode");
            prop_assert_eq!(containers.len(), 1);
            prop_assert_eq!(&containers[0]["image"], &image.reference());
            prop_assert_eq!(ours(&containers[0]["env"], "CORE_PEER_ADDRESS").len(), 1);
            prop_assert_eq!(&ours(&containers[0]["env"], "CORE_PEER_TLS_ENABLED")[0]["value"], "true");
            let secret = json!({"secretName": plan.object});
            prop_assert_eq!(&ours(&spec["volumes"], "certs")[0]["secret"], &secret);
        }
    }
}
