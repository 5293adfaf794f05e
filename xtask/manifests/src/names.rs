//! Names and numbers in deploy/names.toml, which must be the same in all manifests.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use crate::objects::{find, list, pod, read, texts};
use crate::rendering::{OPTIONS, Rendering};
use crate::versions;
use crate::{deploy, report};
use xtask_base::tally::Tally;
use xtask_base::workspace;

/// The file deploy/names.toml.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Names {
    image: String,
    pub(crate) builder: String,
    folder: String,
    user: u64,
    port: u64,
    pub(crate) tls: String,
    peer_label: String,
}

impl Names {
    /// Reads the file.
    pub(crate) fn load() -> Result<Self> {
        let path = deploy("names.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Returns the image of a target in the manifests.
    pub(crate) fn image(&self, target: &str) -> Result<String> {
        Ok(format!("{}:{}-{target}", self.image, versions::project()?))
    }

    /// Returns the peer's setting as the value of a variable; `more` is the end of the list of variables.
    fn external_builders(&self, more: &str) -> String {
        format!(
            "[{{name: {}, path: {}, propagateEnvironment: [CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG, CORE_PEER_ID, \
             CORE_PEER_LOCALMSPID, HOSTNAME{more}]}}]",
            self.builder, self.folder
        )
    }
}

/// Compares the renderings and the peer's settings with the names.
pub(crate) fn check(rendered: &[Rendering]) -> Result<Tally> {
    let names = Names::load()?;
    let mut wrong = Vec::new();
    for rendering in rendered {
        let objects = read(&rendering.text)?;
        let differences = if rendering.name.starts_with("peer") {
            of_peer(&names, &objects)?
        } else {
            of_chaincode(&names, &objects, rendering.name == OPTIONS)?
        };
        wrong.extend(differences.into_iter().map(|difference| format!("{}: {difference}", rendering.name)));
    }
    let variable = format!("CORE_CHAINCODE_EXTERNALBUILDERS={}\n", names.external_builders(""));
    if fs::read_to_string(deploy("peer/peer.env"))? != variable {
        wrong.push(format!("deploy/peer/peer.env is not {variable}"));
    }
    let workflow = fs::read_to_string(workspace::root().join(".github/workflows/release.yml"))?;
    if !workflow.contains(&format!("\n  IMAGE: {}\n", names.image)) {
        wrong.push(format!("release.yml does not push to {}", names.image));
    }
    if wrong.is_empty() {
        return Ok(report(true, "names", "one image, one folder, one port, one label everywhere"));
    }
    Ok(wrong.iter().map(|wrong| report(false, "names", wrong)).sum())
}

/// A list of differences.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn expect(&mut self, what: &str, found: &Value, expected: impl Into<Value>) {
        let expected = expected.into();
        if *found != expected {
            self.0.push(format!("{what} is {found}, not {expected}"));
        }
    }
}

fn of_peer(names: &Names, objects: &[Value]) -> Result<Vec<String>> {
    let mut differences = Differences::default();
    let deployment = find(objects, "Deployment", "")?;
    let pod = pod(objects)?;
    let init = &pod["initContainers"][0];
    let bin = format!("{}/bin", names.folder);
    differences.expect("the image", &init["image"], names.image("minimal")?);
    let command = texts(&init["command"]);
    if command.get(..3) != Some(&["/go/bin/ccs-builder", "install", &bin]) {
        differences.0.push(format!("the command is {command:?}"));
    }
    differences.expect("the user", &init["securityContext"]["runAsUser"], names.user);
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    differences.expect("the label", &labels[&names.peer_label], "true");
    let peer = &pod["containers"][0];
    let variable =
        list(&peer["env"]).iter().find(|variable| variable["name"] == "CORE_CHAINCODE_EXTERNALBUILDERS");
    // A second container maintains chaincode, and both read the settings at the path in one variable.
    let reconcile = list(&pod["containers"]).get(1);
    let more = if reconcile.is_some() { ", CCS_LAUNCH_CONFIG" } else { "" };
    differences.expect(
        "the variable",
        &variable.cloned().unwrap_or_default()["value"],
        names.external_builders(more),
    );
    if let Some(reconcile) = reconcile {
        differences.expect("the image of reconcile", &reconcile["image"], names.image("tools")?);
        let settings = |container: &Value| {
            list(&container["env"]).iter().find(|variable| variable["name"] == "CCS_LAUNCH_CONFIG").cloned()
        };
        let expected = settings(peer).unwrap_or_default();
        differences.expect("the settings", &settings(reconcile).unwrap_or_default(), expected);
        differences.expect("the launcher", &init["command"][3], "--launcher");
    }
    for container in [init, peer] {
        let mount = list(&container["volumeMounts"]).iter().find(|mount| mount["name"] == "ccs-builder");
        differences.expect("the mount", &mount.cloned().unwrap_or_default()["mountPath"], bin.as_str());
    }
    Ok(differences.0)
}

fn of_chaincode(names: &Names, objects: &[Value], has_egress: bool) -> Result<Vec<String>> {
    let mut differences = Differences::default();
    let deployment = find(objects, "Deployment", "")?;
    let labels = &deployment["spec"]["selector"]["matchLabels"];
    let pod = pod(objects)?;
    let container = &pod["containers"][0];
    differences.expect("the user", &pod["securityContext"]["runAsUser"], names.user);
    differences.expect("the port", &container["ports"][0]["containerPort"], names.port);
    for mount in list(&container["volumeMounts"]).iter().filter(|mount| mount["name"] == "tls") {
        differences.expect("the mount", &mount["mountPath"], names.tls.as_str());
    }
    let service = find(objects, "Service", "")?;
    differences.expect("the service's port", &service["spec"]["ports"][0]["port"], names.port);
    differences.expect("the service's selector", &service["spec"]["selector"], labels.clone());
    let policy = &find(objects, "NetworkPolicy", "")?["spec"];
    differences.expect("the policy's pods", &policy["podSelector"]["matchLabels"], labels.clone());
    let from = &policy["ingress"][0]["from"][0]["podSelector"]["matchLabels"];
    differences.expect("the policy's peers", from, serde_json::json!({ &names.peer_label: "true" }));
    differences.expect("namespaceSelector", &policy["namespaceSelector"], Value::Null);
    if !has_egress {
        differences.expect("egress", &policy["egress"], Value::Null);
    }
    if let Ok(test) = find(objects, "Pod", "") {
        differences.expect(
            "the image of the test",
            &test["spec"]["containers"][0]["image"],
            names.image("tools")?,
        );
        let label = &test["metadata"]["labels"][&names.peer_label];
        differences.expect("the label of the test", label, "true");
    }
    Ok(differences.0)
}
