//! The five scenarios that fabric-builder-k8s publishes for its own tests, with its variables: a launch, another prefix of names,
//! another service account, and nodes that are kept for chaincode, where there is one and where there is none.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask_base::processes::wait_until;
use xtask_base::report::Report;
use xtask_base::site::{HASH, Site};

use super::launches::{site, stops};
use super::{SHELL, Stage};

/// How long a pod may take to run.
const RUNS: Duration = Duration::from_secs(20);

/// The label and the taint of nodes that are kept for chaincode.
const ROLE: &str = "fabric-builder-k8s-role";

/// Runs all of them.
pub(super) fn run(report: &mut Report, stage: &Stage) {
    report.part("the scenarios of fabric-builder-k8s", |report| {
        report.check("a chaincode runs, under the names and labels that its operators look for", || {
            launches(stage, ("fabcar", &[]), |job, pod| {
                let labels = &job["metadata"]["labels"];
                for (name, value) in [
                    ("app.kubernetes.io/name", "hyperledger-fabric"),
                    ("app.kubernetes.io/component", "chaincode"),
                    ("app.kubernetes.io/created-by", "fabric-builder-k8s"),
                    ("app.kubernetes.io/managed-by", "fabric-builder-k8s"),
                    ("fabric-builder-k8s-cclabel", "fabcar"),
                    ("fabric-builder-k8s-cchash", "Z75CMYUUE6CAJZIHDS4RCUGVKDOAX6CVCSMQRILQWELJ2YLAABFQ"),
                ] {
                    ensure!(labels[name] == value, "the label {name} is {}, not {value}", labels[name]);
                    ensure!(pod["metadata"]["labels"][name] == value, "the pod has no such label {name}");
                }
                for (name, value) in [
                    ("fabric-builder-k8s-ccid", format!("fabcar:{HASH}")),
                    ("fabric-builder-k8s-mspid", "Org1MSP".to_owned()),
                    ("fabric-builder-k8s-peeraddress", "10.87.0.1:7052".to_owned()),
                    ("fabric-builder-k8s-peerid", "peer0".to_owned()),
                ] {
                    let found = &job["metadata"]["annotations"][name];
                    ensure!(*found == value, "the annotation {name} is {found}, not {value}");
                }
                starts_with(job, "hlfcc-fabcar-")?;
                ensure!(pod["spec"]["serviceAccountName"] == "default", "the service account is another one");
                Ok(())
            })
        });
        report.check("names begin with the prefix of the operator", || {
            let variables = [("OBJECT_NAME_PREFIX", "hlf-k8sbuilder-ftw")];
            launches(stage, ("prefixed", &variables), |job, _| {
                starts_with(job, "hlf-k8sbuilder-ftw-prefixed-")
            })
        });
        report.check("the pod has the service account of the operator", || {
            stage.cluster.expect(&["-n", "free", "create", "serviceaccount", "chaincode"])?;
            launches(stage, ("accounted", &[("SERVICE_ACCOUNT", "chaincode")]), |_, pod| {
                let account = &pod["spec"]["serviceAccountName"];
                ensure!(account == "chaincode", "the service account is {account}");
                Ok(())
            })
        });
        report.check("a chaincode runs on the node that is kept for chaincode", || dedicated(stage));
        report.check("without such a node the launch fails with the reason", || {
            let site = kept(stage, "nodeless", &[("NODE_ROLE", "nowhere"), ("START_TIMEOUT", "5s")])?;
            site.fails(45, "didn't match Pod's node affinity").map(drop)
        });
        Ok(())
    });
}

/// Makes a site with variables of fabric-builder-k8s.
fn kept(stage: &Stage, label: &str, variables: &[(&str, &str)]) -> Result<Site> {
    let site = site(stage, ("free", label), "", &stage.image(SHELL, "")?)?;
    let with =
        |site: Site, (name, value): &(&str, &str)| site.with(&format!("FABRIC_K8S_BUILDER_{name}"), value);
    Ok(variables.iter().fold(site, with))
}

/// Launches, looks at the Job and its pod once that runs, and stops it.
fn launches(
    stage: &Stage,
    (label, variables): (&str, &[(&str, &str)]),
    look: impl Fn(&Value, &Value) -> Result<()>,
) -> Result<()> {
    let site = kept(stage, label, variables)?;
    let launch = site.launch("meta")?;
    let get = |kind: &str| -> Result<Option<Value>> {
        let selector = format!("fabric-builder-k8s-cclabel={label}");
        let found = stage.cluster.expect(&["-n", "free", "get", kind, "-l", &selector, "-o", "json"])?;
        let found: Value = serde_json::from_str(&found)?;
        Ok(found["items"].get(0).cloned())
    };
    let runs = || Ok(get("pods")?.is_some_and(|pod| pod["status"]["phase"] == "Running"));
    wait_until(RUNS, runs).with_context(|| launch.said())?;
    let (job, pod) = (get("jobs")?.context("there is no Job")?, get("pods")?.context("there is no pod")?);
    look(&job, &pod)?;
    stops(stage, launch, "free")
}

fn starts_with(job: &Value, prefix: &str) -> Result<()> {
    let name = job["metadata"]["name"].as_str().unwrap_or_default();
    ensure!(name.starts_with(prefix), "the name is {name}");
    Ok(())
}

/// Keeps the only node for chaincode as long as one is launched.
fn dedicated(stage: &Stage) -> Result<()> {
    let node = stage.cluster.expect(&["get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"])?;
    let (label, taint) = (format!("{ROLE}=chaincode"), format!("{ROLE}=chaincode:NoSchedule"));
    stage.cluster.expect(&["label", "nodes", &node, &label])?;
    stage.cluster.expect(&["taint", "nodes", &node, &taint])?;
    let launched = launches(stage, ("dedicated", &[("NODE_ROLE", "chaincode")]), |_, pod| {
        let tolerations = pod["spec"]["tolerations"].to_string();
        ensure!(tolerations.contains(ROLE), "the tolerations are {tolerations}");
        Ok(())
    });
    let others = kept(stage, "others", &[("START_TIMEOUT", "5s")])
        .and_then(|site| site.fails(45, "untolerated taint").map(drop));
    stage.cluster.expect(&["taint", "nodes", &node, &format!("{taint}-")])?;
    stage.cluster.expect(&["label", "nodes", &node, &format!("{ROLE}-")])?;
    launched.and(others)
}
