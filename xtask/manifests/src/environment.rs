//! Checks that the chaincode's variables in the manifests are those that `ccs env` prints.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::names::Names;
use crate::objects::{find, list, pod, read};
use crate::tools::Tools;
use crate::{ccs, deploy, output_of, rendering, report};
use xtask_base::tally::Tally;

/// The languages of `ccs env`.
const LANGUAGES: [&str; 5] = ["go", "node", "java", "rust", "all"];

/// The values file of the chart, without its variables.
const IMAGE: &str = "image: {repository: registry.example.com/basic, tag: \"1.0\"}\n";

/// Follows the documentation for each language: certificates, package, variables, rendering.
pub(crate) fn check(tools: &Tools) -> Result<Tally> {
    let names = Names::load()?;
    let folder = tempfile::Builder::new().prefix("environment-").tempdir()?;
    let place = folder.path();
    let ccs = ccs()?;
    let run = |arguments: &[&str]| output_of(Command::new(&ccs).args(arguments).current_dir(place));
    run(&["tls", "init", "tls"])?;
    run(&["tls", "issue", "tls", "--server", "basic", "--host", "basic-chaincode"])?;
    run(&["tls", "issue", "tls", "--client", "peer"])?;
    let address = ["--label", "basic_1.0", "--address", "basic-chaincode:9999"];
    run(&[&["package", "basic.tgz"], &address[..], &["--tls", "tls"]].concat())?;
    let copy = place.join("deploy/chaincode");
    for part in ["base/kustomization.yaml", "base/chaincode.yaml", "example/kustomization.yaml"] {
        let to = copy.join(part);
        fs::create_dir_all(to.parent().context("a file has a folder")?)?;
        fs::copy(deploy("kubernetes/chaincode").join(part), to)?;
    }
    let mut tally = Tally::default();
    for language in LANGUAGES {
        let env = |format| {
            run(&[
                "env",
                "basic.tgz",
                "--lang",
                language,
                "--tls",
                "tls",
                "--mounted-at",
                &names.tls,
                "--format",
                format,
            ])
        };
        let expected = variables(&env("docker")?);
        fs::write(copy.join("example/chaincode.env"), env("docker")?)?;
        fs::write(place.join("values.yaml"), format!("{IMAGE}{}", env("kubernetes")?))?;
        let kustomized = of_kustomize(&rendering::kustomize(tools, &copy.join("example"))?)?;
        tally += report(kustomized == expected, "environment", &format!("kustomize, {language}"));
        let charted = of_helm(&rendering::helm(tools, &place.join("values.yaml"), &[])?)?;
        tally += report(charted == expected, "environment", &format!("helm, {language}"));
        tally += report(files_exist(place, &names, &expected), "environment", &format!("files, {language}"));
    }
    let same = |language: &str, found: &[(String, String)]| -> Result<bool> {
        let printed =
            run(&["env", "basic.tgz", "--lang", language, "--tls", "tls", "--mounted-at", &names.tls])?;
        let without_id = |all: &[(String, String)]| -> Vec<_> {
            all.iter().filter(|(_, value)| !value.starts_with("basic_1.0:")).cloned().collect()
        };
        Ok(without_id(&variables(&printed)) == without_id(found))
    };
    let example = variables(&fs::read_to_string(deploy("kubernetes/chaincode/example/chaincode.env"))?);
    tally += report(same("go", &example)?, "environment", "the example of kustomize is what ccs env prints");
    let values = rendering::helm(tools, &deploy("helm/example-values.yaml"), &[])?;
    tally += report(
        same("node", &of_helm(&values)?)?,
        "environment",
        "the example of helm is what ccs env prints",
    );
    Ok(tally)
}

/// Parses lines NAME=VALUE, sorted by name.
fn variables(lines: &str) -> Vec<(String, String)> {
    let pairs = lines.lines().filter_map(|line| line.split_once('='));
    let mut variables: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    variables.sort();
    variables
}

/// Returns the container's variables from its ConfigMap.
fn of_kustomize(text: &str) -> Result<Vec<(String, String)>> {
    let objects = read(text)?;
    let source = &pod(&objects)?["containers"][0]["envFrom"][0]["configMapRef"]["name"];
    let map = find(&objects, "ConfigMap", source.as_str().context("the Deployment names its ConfigMap")?)?;
    let data = map["data"].as_object().context("the ConfigMap has data")?;
    let mut found: Vec<_> = data.iter().map(|(name, value)| (name.clone(), text_of(value))).collect();
    found.sort();
    Ok(found)
}

/// Returns the variables in the container itself.
fn of_helm(text: &str) -> Result<Vec<(String, String)>> {
    let objects = read(text)?;
    let env = list(&pod(&objects)?["containers"][0]["env"]);
    let mut found: Vec<_> =
        env.iter().map(|variable| (text_of(&variable["name"]), text_of(&variable["value"]))).collect();
    found.sort();
    Ok(found)
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns whether the Secret contains every file that a variable names.
fn files_exist(place: &Path, names: &Names, variables: &[(String, String)]) -> bool {
    let secret = place.join("tls/server/basic");
    let mut files =
        variables.iter().filter_map(|(_, value)| value.strip_prefix(names.tls.as_str())).peekable();
    files.peek().is_some() && files.all(|file| secret.join(file.trim_start_matches('/')).is_file())
}
