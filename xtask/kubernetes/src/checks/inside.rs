//! A launcher in a pod, as in the pod of a peer: it signs in with the token of its service account, and its Job goes with its pod.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use xtask_base::processes::wait_until;

use super::{LAUNCHER, SHELL, Stage};

/// How long a change may take until the cluster shows it.
const CHANGE: Duration = Duration::from_secs(40);

/// Starts a launcher in a pod, and kills that pod.
pub(super) fn run(stage: &Stage) -> Result<()> {
    let cluster = &stage.cluster;
    let image =
        format!(r#"{{"name":"{}","digest":"{}"}}"#, SHELL.trim_end_matches(":1"), cluster.digest(SHELL)?);
    let chaincode = r#"{"chaincode_id":"inside:00","peer_address":"peer0:7052","mspid":"Org1MSP"}"#;
    let maps = [
        ("build", vec![("metadata.json", r#"{"type":"k8s","label":"inside"}"#), ("image.json", &image)]),
        ("call", vec![("chaincode.json", chaincode)]),
    ];
    for (name, files) in maps {
        let data: serde_json::Map<_, _> =
            files.into_iter().map(|(name, content)| (name.to_owned(), content.into())).collect();
        let map = serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "free"}, "data": data,
        });
        cluster.apply(&map.to_string())?;
    }
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "peer0", "namespace": "free"},
        "spec": {
            "serviceAccountName": "full", "restartPolicy": "Never",
            "containers": [{
                "name": "peer", "image": format!("{}@{}", LAUNCHER.trim_end_matches(":1"), cluster.digest(LAUNCHER)?),
                "env": [{"name": "CORE_PEER_ID", "value": "peer0"}],
                "volumeMounts": [
                    {"name": "build", "mountPath": "/build"}, {"name": "call", "mountPath": "/call"},
                ],
            }],
            "volumes": [
                {"name": "build", "configMap": {"name": "build"}}, {"name": "call", "configMap": {"name": "call"}},
            ],
        },
    });
    cluster.apply(&pod.to_string())?;
    let jobs = |output: &str| {
        cluster.expect(&[
            "-n",
            "free",
            "get",
            "jobs",
            "-l",
            "fabric-builder-k8s-cclabel=inside",
            "-o",
            output,
        ])
    };
    wait_until(CHANGE, || Ok(jobs("jsonpath={.items[*].status.ready}")?.trim() == "1")).with_context(
        || cluster.kubectl(&["-n", "free", "logs", "peer0"]).map_or_else(|_| String::new(), |log| log.stdout),
    )?;
    let owner = jobs(
        "jsonpath={range .items[*].metadata.ownerReferences[*]}{.kind}/{.name} {.blockOwnerDeletion}{end}",
    )?;
    ensure!(owner.trim() == "Pod/peer0", "the owner is {owner}");
    cluster.expect(&[
        "-n",
        "free",
        "delete",
        "pod",
        "peer0",
        "--grace-period=0",
        "--force",
        "--timeout=30s",
    ])?;
    wait_until(CHANGE, || Ok(jobs("name")?.is_empty())).context("the Job outlives the pod of the peer")
}
