//! The checks of `cargo xtask manifests` and `check-versions`: the files under deploy/, and the versions that files name.
//!
//! [`run`] checks that the manifests in deploy/ render, match the schemas of Kubernetes, and work.
//!
//! | Module | Contents |
//! | --- | --- |
//! | [`versions`] | the Rust release and the project's version in all files that name one |
//! | `tools` | kustomize, helm, kubeconform and actionlint, pinned, and the schemas |
//! | `rendering` | the renderings and their snapshots |
//! | `schemas` | the schemas of several Kubernetes versions, and manifests that must not match |
//! | `builder_name` | the builder's name, which is the same in all pages, settings and messages |
//! | `names` | names, numbers and versions that must be the same everywhere |
//! | `environment` | comparison of the chaincode's variables with `ccs env` |
//! | `trial` | a peer's pod, created in a folder and examined by `ccs doctor` |
//! | `pages` | the manifests that the documentation shows |
//! | `objects` | the rendered YAML as values |

mod builder_name;
mod environment;
mod names;
mod objects;
mod pages;
mod rendering;
mod schemas;
mod tools;
mod trial;
pub mod versions;

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use tools::Tools;
use xtask_base::tally::Tally;
use xtask_base::workspace;

/// Options of `cargo xtask manifests`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// Write the snapshots first; `cargo xtask bless manifests` does so
    #[arg(long)]
    pub update: bool,
}

/// Renders and checks all manifests.
pub fn run(options: &Options) -> Result<Tally> {
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

/// Counts one check and prints its result.
fn report(holds: bool, check: &str, finding: &str) -> Tally {
    println!("{} {check}: {finding}", if holds { "passed " } else { "FAILED " });
    if holds { Tally::PASSED } else { Tally::FAILED }
}

/// Returns the path of a file in deploy/.
fn deploy(path: &str) -> PathBuf {
    workspace::root().join("deploy").join(path)
}

/// Runs a command and returns its standard output.
fn output_of(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot start {command:?}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?} failed: {}: {}", output.status, stderr.trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// Returns the path of `ccs`: the one that the variable `CCS` names, or one that is built once.
fn ccs() -> Result<PathBuf> {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(named) = std::env::var_os("CCS") {
        return Ok(named.into());
    }
    if let Some(built) = BUILT.get() {
        return Ok(built.clone());
    }
    let built = workspace::build_ccs()?;
    Ok(BUILT.get_or_init(|| built).clone())
}

/// Runs actionlint on the workflows.
fn workflows(tools: &Tools) -> Result<Tally> {
    let mut actionlint = tools.command("actionlint");
    actionlint.arg("-no-color").current_dir(workspace::root());
    let output = actionlint.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let finding = if output.status.success() { "actionlint finds nothing" } else { said.trim() };
    Ok(report(output.status.success(), "workflows", finding))
}
