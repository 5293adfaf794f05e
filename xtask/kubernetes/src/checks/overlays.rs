//! Overlays as the launcher lays them over a pod, compared with what `kubectl patch --type strategic` makes of them.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ccs_launch::kubernetes::{Launch, Target};
use ccs_launch::settings::{Role, Rule, Security, Settings, Subject};
use ccs_launch::{Chaincode, Image};
use serde_json::{Value, json};
use xtask_base::report::Report;

use crate::cluster::Cluster;

/// Different overlays.
const OVERLAYS: &[(&str, &str)] = &[
    (
        "a map",
        r#"{"metadata":{"annotations":{"a":"b"},"labels":{"c":"d"}},"spec":{"nodeSelector":{"disk":"fast"}}}"#,
    ),
    (
        "a container of the same name",
        r#"{"spec":{"containers":[{"name":"chaincode","resources":{"limits":{"memory":"1Gi"}}}]}}"#,
    ),
    (
        "another container",
        r#"{"spec":{"containers":[{"name":"side","image":"s"}],"initContainers":[{"name":"first","image":"f"}]}}"#,
    ),
    (
        "variables",
        r#"{"spec":{"containers":[{"name":"chaincode","env":[{"name":"B","value":"1"},{"name":"A","value":"2"}]}]}}"#,
    ),
    (
        "a volume with its mount",
        r#"{"spec":{"volumes":[{"name":"d","emptyDir":{}}],"containers":[{"name":"chaincode","volumeMounts":[{"mountPath":"/d","name":"d"}]}]}}"#,
    ),
    ("null", r#"{"spec":{"serviceAccountName":null,"affinity":null,"dnsPolicy":null}}"#),
    (
        "a list that is replaced",
        r#"{"spec":{"tolerations":[{"key":"x","operator":"Exists"}],"containers":[{"name":"chaincode","args":["a","b"]}]}}"#,
    ),
    ("a map that is replaced", r#"{"spec":{"securityContext":{"$patch":"replace","runAsUser":5}}}"#),
    (
        "an item that is deleted",
        r#"{"spec":{"volumes":[{"name":"tmp","$patch":"delete"}],"containers":[{"name":"chaincode","volumeMounts":[{"mountPath":"/tmp","$patch":"delete"}]}]}}"#,
    ),
    (
        "ports and hosts",
        r#"{"spec":{"hostAliases":[{"ip":"10.0.0.1","hostnames":["a"]}],"containers":[{"name":"chaincode","ports":[{"containerPort":9443,"name":"metrics"}]}]}}"#,
    ),
    (
        "spread",
        r#"{"spec":{"topologySpreadConstraints":[{"topologyKey":"zone","maxSkew":1,"whenUnsatisfiable":"DoNotSchedule"}],"imagePullSecrets":[{"name":"registry"}]}}"#,
    ),
    (
        "capabilities",
        r#"{"spec":{"containers":[{"name":"chaincode","securityContext":{"capabilities":{"add":["NET_BIND_SERVICE"]}}}]}}"#,
    ),
];

/// Compares every overlay.
pub(super) fn run(report: &mut Report, cluster: &Cluster) -> Result<()> {
    let base = template(&Settings::default())?;
    let folder = tempfile::Builder::new().prefix("overlay-").tempdir()?;
    let file = folder.path().join("pod.json");
    let mut metadata = base["metadata"].clone();
    metadata["name"] = "pod".into();
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": base["spec"]});
    fs::write(&file, pod.to_string())?;
    let file = file.to_string_lossy();
    for (name, overlay) in OVERLAYS {
        report.check(&format!("{name}: as kubectl"), || {
            let words = ["patch", "--local", "--type", "strategic", "-f", &file, "-p", overlay, "-o", "json"];
            let theirs: Value = serde_json::from_str(&cluster.expect(&words)?)?;
            let mut settings = Settings::default();
            settings.chaincodes.push(Rule { pod: Some(serde_json::from_str(overlay)?), ..Rule::default() });
            let ours = template(&settings)?;
            for (place, ours, theirs) in [
                ("spec", &ours["spec"], &theirs["spec"]),
                ("labels", &ours["metadata"]["labels"], &theirs["metadata"]["labels"]),
                ("annotations", &ours["metadata"]["annotations"], &theirs["metadata"]["annotations"]),
            ] {
                ensure!(ours == theirs, "{place}: {ours}\nkubectl: {theirs}");
            }
            Ok(())
        });
    }
    Ok(())
}

/// Plans a launch, and returns the template of its pod.
fn template(settings: &Settings) -> Result<Value> {
    let target = Target {
        peer_id: "peer0".to_owned(),
        namespace: "free".to_owned(),
        service_account: "default".to_owned(),
        prefix: "hlfcc".to_owned(),
        node_role: Some("chaincode".to_owned()),
        start_timeout: Duration::from_mins(3),
        security: Security::Restricted,
        name_servers: vec!["10.0.0.1".to_owned()],
        annotations: Vec::new(),
        debug: false,
        kubeconfig: None,
        peer_pod: None,
    };
    let image =
        Image::parse(format!(r#"{{"name":"image","digest":"sha256:{}"}}"#, "0".repeat(64)).as_bytes())?;
    let chaincode = Chaincode::parse(br#"{"chaincode_id":"basic:00","peer_address":"peer0:7052"}"#)?;
    let launch = Launch { target: &target, settings, image: &image, chaincode: &chaincode };
    let subject = Subject { package: "basic:00", chaincode_type: "k8s", role: Role::Client };
    let plan = launch.plan(&subject, "x7k2p")?;
    plan.job.pointer("/spec/template").cloned().context("a Job has a template")
}
