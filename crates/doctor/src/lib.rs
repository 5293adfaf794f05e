//! Examines the configuration of a peer, and runs its external builders as the peer would.
//!
//! [`examine`] reads core.yaml with the variables that override it, checks each builder's programs (whether they
//! exist, whether they start, and which variables they read), runs each `detect` for several package types, and
//! installs a trial package. It prints nothing and returns a [`Report`]. `docs/doctor.md` explains each finding.

mod builders;
mod core_yaml;
mod document;
mod engine;
mod environment;
mod error;
mod executable;
mod misplaced;
mod released;
mod report;
mod root;
mod settings;
mod trial;
mod types;
mod yaml;

use std::fs;
use std::path::Path;

use ccs_host::ExternalBuilder;
use ccs_report::Finding;

use builders::Surroundings;
use core_yaml::CoreYaml;
pub use document::OtherDocument;
pub use environment::{Variables, read_variables};
pub use error::Error;
pub use report::{Builder, Report, UNHEALTHY};
use root::Root;
use settings::Settings;
pub use trial::Trial;
pub use types::Type;

/// The input of an examination.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The peer's core.yaml.
    pub core: &'a Path,
    /// The variables of the peer's process.
    pub variables: &'a Variables,
    /// The root of the peer's file system; [`None`] for that of this machine.
    pub root: Option<&'a Path>,
    /// Go's name of the processor of the peer's machine; [`None`] for this machine's.
    pub architecture: Option<&'a str>,
    /// Whether to run the programs of builders.
    pub may_run: bool,
    /// A trial package to install.
    pub package: Option<&'a Path>,
}

/// Examines a peer's configuration.
pub async fn examine(subject: &Subject<'_>) -> Result<Report, Error> {
    let text = fs::read_to_string(subject.core)
        .map_err(|source| Error::Read { path: subject.core.to_owned(), source })?;
    let text = document::core_yaml(&text)
        .map_err(|other| Error::OtherDocument { path: subject.core.to_owned(), other })?;
    let core = CoreYaml::parse(&text, subject.variables)
        .map_err(|reason| Error::Yaml { path: subject.core.to_owned(), reason })?;
    let mut findings = Vec::new();
    let settings = Settings::read(&core, &mut findings);
    let root = Root::new(subject.root);
    let may_ask = subject.may_run && root.is_here();
    engine::check(&settings.docker, &root, may_ask, &mut findings);
    let runnable = runnable(subject, &settings, &root, &mut findings);
    let variables = with_path(subject.variables);
    let types = types::ask(&runnable, &variables, &mut findings).await?;
    let all_run = root.is_here() || runnable.len() == settings.builders.len();
    let trial = match subject.package {
        Some(package) if all_run && is_of_this_machine(subject) => {
            let docker = !settings.docker.is_empty();
            Some(trial::run(package, &runnable, &variables, docker, &mut findings).await?)
        }
        Some(package) => {
            let message = "not all builders can run here as on the peer, so doctor does not try the package";
            let finding = Finding::note("trial-skipped", package.display().to_string(), message);
            findings.push(finding.hint("run ccs doctor inside the peer's container"));
            None
        }
        None => None,
    };
    Ok(Report::new(subject.core.display().to_string(), settings, findings).with_runs(types, trial))
}

/// Examines the builders; returns those whose programs can run here, each with its place in the configuration.
fn runnable(
    subject: &Subject<'_>,
    settings: &Settings,
    root: &Root,
    findings: &mut Vec<Finding>,
) -> Vec<(ExternalBuilder, String)> {
    let architecture = subject.architecture.unwrap_or_else(|| executable::host_architecture());
    let surroundings = Surroundings { root, architecture, variables: subject.variables };
    builders::examine_all(&settings.builders, findings);
    let mut runnable = Vec::new();
    for (builder, at) in &settings.builders {
        if builders::examine(builder, at, &surroundings, findings) && !builder.name.is_empty() {
            let path = root.join(&builder.path);
            runnable.push((ExternalBuilder { path, ..builder.clone() }, at.clone()));
        }
    }
    if !subject.may_run || !is_of_this_machine(subject) {
        runnable.clear();
    }
    runnable
}

fn is_of_this_machine(subject: &Subject<'_>) -> bool {
    subject.architecture.is_none_or(|architecture| architecture == executable::host_architecture())
}

/// Adds PATH, which a peer's process always has, even if the file of variables lacks it.
fn with_path(variables: &Variables) -> Variables {
    let mut variables = variables.clone();
    if let Ok(path) = std::env::var("PATH") {
        variables.entry("PATH".to_owned()).or_insert(path);
    }
    variables
}
