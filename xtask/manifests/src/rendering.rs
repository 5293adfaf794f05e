//! The renderings, and their snapshots in deploy/snapshots.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use similar::TextDiff;

use crate::tools::Tools;
use crate::{deploy, output_of, report};
use xtask_base::tally::Tally;

/// One rendering.
pub(crate) struct Rendering {
    /// The name of the rendering and of its snapshot.
    pub(crate) name: &'static str,
    /// The first minor version of Kubernetes that supports it.
    pub(crate) since: u32,
    /// The objects.
    pub(crate) text: String,
}

/// The renderings of kustomize: name, folder, first minor version.
const FOLDERS: [(&str, &str, u32); 5] = [
    ("peer-init", "kubernetes/overlays/peer-init", 25),
    ("peer-sidecar", "kubernetes/overlays/peer-sidecar", 29),
    ("peer-config", "kubernetes/overlays/peer-config", 25),
    ("peer-launcher", "kubernetes/overlays/peer-launcher", 25),
    ("chaincode", "kubernetes/chaincode/example", 25),
];

/// The renderings of helm: name, and options in addition to the example's values.
const RELEASES: [(&str, &[&str]); 3] = [
    ("chart", &[]),
    (
        "chart-plaintext",
        &["--set", "tls.enabled=false,networkPolicy.namespaces.team=peers,nodeSelector.pool=chaincode"],
    ),
    (OPTIONS, &["--values", "helm/example-options.yaml"]),
];

/// The rendering with all options of the chart.
pub(crate) const OPTIONS: &str = "chart-options";

/// Settings that the chart must reject, and a part of the message.
const REJECTED: [(&str, &str); 5] = [
    ("image.tag=", "/image"),
    ("image.digest=sha256:12", "/image/digest"),
    ("env[0].valueFrom.secretKeyRef.name=x", "/env/0"),
    ("tls.certmanager=true", "certmanager"),
    ("extraVolumeMounts[0].name=x", "/extraVolumeMounts/0"),
];

/// The values of the example.
const VALUES: &str = "helm/example-values.yaml";

/// Renders all of them.
pub(crate) fn render_all(tools: &Tools) -> Result<Vec<Rendering>> {
    let mut rendered = Vec::new();
    for (name, folder, since) in FOLDERS {
        rendered.push(Rendering { name, since, text: kustomize(tools, &deploy(folder))? });
    }
    for (name, options) in RELEASES {
        let text = helm(tools, &deploy(VALUES), options)?;
        rendered.push(Rendering { name, since: 25, text });
    }
    Ok(rendered)
}

/// Renders a folder with kustomize.
pub(crate) fn kustomize(tools: &Tools, folder: &Path) -> Result<String> {
    output_of(tools.command("kustomize").arg("build").arg(folder))
}

/// Renders a release of the chart with the name basic.
pub(crate) fn helm(tools: &Tools, values: &Path, more: &[&str]) -> Result<String> {
    let mut helm = tools.command("helm");
    helm.args(["template", "basic"]).arg(deploy("helm/chaincode")).arg("--values").arg(values);
    output_of(
        helm.args(["--kube-version", "1.33.0", "--namespace", "fabric"]).args(more).current_dir(deploy("")),
    )
}

/// Runs helm lint on the chart with the example's values; without values, and with invalid settings, it must fail.
pub(crate) fn lint(tools: &Tools) -> Result<Tally> {
    let lint = |values: &[&str]| -> Result<(bool, String)> {
        let mut helm = tools.command("helm");
        helm.args(["lint", "--strict", "--kube-version", "1.33.0"])
            .arg(deploy("helm/chaincode"))
            .args(values);
        let output = helm.output()?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned()))
    };
    let values = deploy(VALUES);
    let values = values.to_string_lossy();
    let (good, said) = lint(&["--values", &values])?;
    let mut tally = report(good, "chart", if good { "helm lint finds nothing" } else { &said });
    let (good, said) = lint(&[])?;
    let refused = !good && said.contains("/image/repository");
    tally += report(refused, "chart", "a release without an image is rejected");
    for (setting, expected) in REJECTED {
        let (good, said) = lint(&["--values", &values, "--set", setting])?;
        let is_rejected = !good && said.contains(expected);
        let finding = if is_rejected { "is rejected" } else { said.as_str() };
        tally += report(is_rejected, "chart", &format!("{setting} {finding}"));
    }
    Ok(tally)
}

/// Compares renderings with their snapshots, or writes the snapshots.
pub(crate) fn compare(rendered: &[Rendering], update: bool) -> Result<Tally> {
    let mut tally = Tally::default();
    for Rendering { name, text, .. } in rendered {
        let path = deploy("snapshots").join(format!("{name}.yaml"));
        if update {
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        let same = expected == *text;
        tally += report(same, "snapshot", name);
        if !same {
            println!(
                "{}",
                TextDiff::from_lines(&expected, text).unified_diff().header("snapshot", "rendered")
            );
            println!("read the difference; `cargo xtask bless manifests` writes the snapshot");
        }
    }
    Ok(tally)
}
