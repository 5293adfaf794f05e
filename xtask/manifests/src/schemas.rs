//! Validation against the published schemas of several Kubernetes versions.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::objects::list;
use crate::rendering::Rendering;
use crate::report;
use crate::tools::Tools;
use xtask_base::tally::Tally;

/// The minor versions to check.
const VERSIONS: [u32; 7] = [25, 27, 29, 31, 33, 35, 37];

/// Mistakes that the validation must find: the rendering, the original text, its replacement, and the validator's
/// message.
const MISTAKES: [(&str, &str, &str, &str); 6] = [
    ("peer-init", "readOnly: true", "readonly: true", "additional properties 'readonly' not allowed"),
    ("peer-init", "initContainers:", "initContainer:", "additional properties 'initContainer' not allowed"),
    ("peer-launcher", "  verbs:", "  verb:", "additional properties 'verb' not allowed"),
    ("chaincode", "containerPort: 9999", "containerPort: \"9999\"", "got string, want"),
    ("chaincode", "kind: NetworkPolicy", "kind: NetworkPolicies", "could not find schema"),
    ("chart", "policyTypes:", "policytypes:", "additional properties 'policytypes' not allowed"),
];

/// Validates every rendering with every version that should support it, and checks that mistakes are found.
pub(crate) fn check(tools: &Tools, rendered: &[Rendering]) -> Result<Tally> {
    let texts = rendered.iter().map(|rendering| (rendering.name.to_owned(), rendering.text.clone()));
    let texts: Vec<_> = texts.collect();
    let mut tally = Tally::default();
    for version in VERSIONS {
        let complaints = complaints(tools, version, &texts)?;
        for (Rendering { name, since, .. }, complaint) in rendered.iter().zip(complaints) {
            if version >= *since {
                tally +=
                    report(complaint.is_empty(), "schema", &format!("{name} fits 1.{version} {complaint}"));
            } else {
                tally += report(
                    !complaint.is_empty(),
                    "schema",
                    &format!("1.{version} does not know all of {name}"),
                );
            }
        }
    }
    Ok(tally + mistakes(tools, rendered)?)
}

/// Inserts one mistake at a time into renderings, and checks that it is found.
fn mistakes(tools: &Tools, rendered: &[Rendering]) -> Result<Tally> {
    let mut texts = Vec::new();
    for (name, right, wrong, _) in MISTAKES {
        let rendering = rendered.iter().find(|rendering| rendering.name == name);
        let text = rendering.map(|rendering| rendering.text.replacen(right, wrong, 1)).unwrap_or_default();
        ensure!(text.contains(wrong), "{name} has no {right:?} to spoil");
        texts.push((format!("{name}-{}", texts.len()), text));
    }
    let found = complaints(tools, 33, &texts)?;
    let tallies = MISTAKES.iter().zip(found).map(|((name, _, wrong, expected), found)| {
        let says = if found.contains(expected) { "is found" } else { found.as_str() };
        report(found.contains(expected), "schema", &format!("{wrong:?} in {name} {says}"))
    });
    Ok(tallies.sum())
}

/// Returns kubeconform's messages for each of the texts; empty if the text is valid.
fn complaints(tools: &Tools, version: u32, texts: &[(String, String)]) -> Result<Vec<String>> {
    let folder = tempfile::Builder::new().prefix("manifests-").tempdir()?;
    for (name, text) in texts {
        fs::write(folder.path().join(format!("{name}.yaml")), text)?;
    }
    let place =
        "{{.NormalizedKubernetesVersion}}-local{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json";
    let mut kubeconform = tools.command("kubeconform");
    kubeconform.args([
        "-strict",
        "-verbose",
        "-output",
        "json",
        "-kubernetes-version",
        &format!("1.{version}.0"),
    ]);
    kubeconform.arg("-schema-location").arg(tools.schemas().join(place)).arg(folder.path());
    // If there are errors, it fails and reports them on standard output.
    let output = kubeconform.output()?;
    let said: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        format!("kubeconform says nothing: {}", String::from_utf8_lossy(&output.stderr).trim())
    })?;
    let resources = list(&said["resources"]);
    let of = |(name, _): &(String, String)| -> Result<String> {
        let file = format!("/{name}.yaml");
        let its: Vec<_> = resources
            .iter()
            .filter(|resource| resource["filename"].as_str().is_some_and(|found| found.ends_with(&file)))
            .collect();
        ensure!(!its.is_empty(), "kubeconform did not look at {name}");
        let bad = its.iter().filter(|resource| resource["status"] != "statusValid");
        let bad = bad.map(|resource| format!("{}: {}", resource["kind"], resource["msg"]));
        Ok(bad.collect::<Vec<_>>().join("; "))
    };
    texts.iter().map(of).collect()
}
