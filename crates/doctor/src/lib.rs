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
use ccs_report::{Finding, Severity};

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

/// Returns the names of the external builders in a peer's configuration. Fails if it has none or one is invalid.
pub fn builder_names(core: &Path, variables: &Variables) -> Result<Vec<String>, Error> {
    let yaml = |reason| Error::Yaml { path: core.to_owned(), reason };
    let mut findings = Vec::new();
    let text = core_yaml(core)?;
    let settings = Settings::read(&CoreYaml::parse(&text, variables).map_err(yaml)?, &mut findings);
    let is_fault =
        |finding: &&Finding| finding.severity == Severity::Error && finding.id.starts_with("builder");
    if let Some(Finding { at, message, .. }) = findings.iter().find(is_fault) {
        return Err(Error::Builders { path: core.to_owned(), reason: format!("{at}: {message}") });
    }
    if settings.builders.is_empty() {
        let reason = "there are no external builders".to_owned();
        return Err(Error::Builders { path: core.to_owned(), reason });
    }
    Ok(settings.builders.into_iter().map(|(builder, _)| builder.name).collect())
}

/// Reads core.yaml, or the ConfigMap that contains it.
fn core_yaml(path: &Path) -> Result<String, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    document::core_yaml(&text).map_err(|other| Error::OtherDocument { path: path.to_owned(), other })
}

/// Examines a peer's configuration.
pub async fn examine(subject: &Subject<'_>) -> Result<Report, Error> {
    let text = core_yaml(subject.core)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_builders_come_from_the_variable_or_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let core = folder.path().join("core.yaml");
        let names = |text: &str, variables: &Variables| {
            fs::write(&core, text).unwrap();
            builder_names(&core, variables).map_err(|error| error.to_string())
        };
        let none = Variables::new();
        let text = "chaincode: {externalBuilders: [{path: /a, name: a}, {path: /b, name: b}]}";
        assert_eq!(names(text, &none).unwrap(), ["a", "b"]);
        let overridden = [("CORE_CHAINCODE_EXTERNALBUILDERS".to_owned(), "[{path: /c, name: c}]".to_owned())];
        assert_eq!(names(text, &overridden.into()).unwrap(), ["c"]);
        let shown = core.display();
        for (text, reason) in [
            ("chaincode: {}", "there are no external builders".to_owned()),
            (
                "chaincode: {externalBuilders: [{path: /a}]}",
                "chaincode.externalBuilders[0]: external builder at path /a has no name attribute".to_owned(),
            ),
            (
                "chaincode: {externalBuilders: 1}",
                "chaincode.externalBuilders: it is not a list of builders".to_owned(),
            ),
        ] {
            assert_eq!(names(text, &none).unwrap_err(), format!("{shown}: {reason}"));
        }
    }
}
