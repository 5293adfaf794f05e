//! `cargo xtask manifests`: what is under deploy/ renders, fits the schemas of Kubernetes, and does what it should.
//!
//! | File | Holds |
//! | --- | --- |
//! | [`tools`] | kustomize, helm, kubeconform and actionlint, pinned, and the schemas |
//! | [`rendering`] | what is rendered, and its snapshots |
//! | [`schemas`] | the schemas of several Kubernetes versions, and manifests that must not fit |
//! | [`names`] | names, numbers and versions that must be the same everywhere |
//! | [`environment`] | the chaincode's variables against `ccs env` |
//! | [`trial`] | a peer's pod, laid out in a folder and examined by `ccs doctor` |
//! | [`pages`] | what the documentation shows of the manifests |
//! | [`objects`] | the rendered YAML as values |

mod environment;
mod names;
mod objects;
mod pages;
mod rendering;
mod schemas;
mod tools;
mod trial;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::tally::Tally;
use crate::workspace;
use tools::Tools;

/// What to do beside the checks.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Write the snapshots first; `cargo xtask bless manifests` does it
    #[arg(long)]
    pub(crate) update: bool,
}

/// Renders everything and checks it.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    let tools = match Tools::ready()? {
        Ok(tools) => tools,
        Err(missing) => return Ok(missing),
    };
    let rendered = rendering::render_all(&tools)?;
    let checks: [(&str, Result<Tally>); 8] = [
        ("snapshots", rendering::compare(&rendered, options.update)),
        ("schemas", schemas::check(&tools, &rendered)),
        ("chart", rendering::lint(&tools)),
        ("names", names::check(&rendered)),
        ("environment", environment::check(&tools)),
        ("trial", trial::check(&rendered)),
        ("pages", pages::check()),
        ("workflows", workflows(&tools)),
    ];
    let tallies = checks
        .into_iter()
        .map(|(name, result)| result.unwrap_or_else(|error| report(false, name, &format!("{error:#}"))));
    let tally = tallies.sum::<Tally>();
    println!("manifests: {tally}");
    Ok(tally)
}

/// Counts one check and prints its line.
fn report(holds: bool, check: &str, finding: &str) -> Tally {
    println!("{} {check}: {finding}", if holds { "passed " } else { "FAILED " });
    if holds { Tally::PASSED } else { Tally::FAILED }
}

/// Returns the folder deploy/ or what is in it.
fn deploy(path: &str) -> PathBuf {
    workspace::root().join("deploy").join(path)
}

/// Runs a command and returns its standard output as text.
fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?} failed: {}: {}", output.status, stderr.trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// Returns the path of `ccs`: the one that the variable `CCS` names, or one built now.
fn ccs() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CCS") {
        return Ok(named.into());
    }
    workspace::build_ccs()
}

/// Lets actionlint read the workflows.
fn workflows(tools: &Tools) -> Result<Tally> {
    let mut actionlint = tools.command("actionlint");
    actionlint.arg("-no-color").current_dir(workspace::root());
    let output = actionlint.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let finding = if output.status.success() { "actionlint finds nothing" } else { said.trim() };
    Ok(report(output.status.success(), "workflows", finding))
}
