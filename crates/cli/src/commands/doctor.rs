//! `ccs doctor`: examines a peer's configuration, and runs its builders as the peer would.

mod builders;
mod core_yaml;
mod environment;
mod executable;
mod finding;
mod report;
mod root;
mod settings;
mod trial;
mod types;

use std::fs;

use ccs_builder::ExitCode;
use ccs_host::ExternalBuilder;

use crate::cli::Doctor;
use crate::failure::Failure;
use crate::output;
use crate::style;
use builders::Surroundings;
use core_yaml::CoreYaml;
use environment::Variables;
use finding::Finding;
use report::Report;
use root::Root;
use settings::Settings;

pub(crate) fn run(options: &Doctor) -> Result<(), Failure> {
    let text = fs::read_to_string(&options.core).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", options.core.display()))
            .with_code(ExitCode::InputOutput)
    })?;
    let variables = environment::read(options.env.as_deref(), options.process_env)?;
    let core = CoreYaml::parse(&text, &variables).map_err(|error| {
        Failure::new(format!("{} is not YAML: {error}", options.core.display()))
            .hint("the peer does not start with it".to_owned())
            .with_number(report::UNHEALTHY)
    })?;
    let report = examine(options, &core, &variables)?;
    if options.json {
        output::print_json(&report)?;
    } else {
        output::print(&report.text())?;
        let faint = style::FAINT;
        anstream::eprintln!("{faint}next: {}{faint:#}", next(options, &report));
    }
    if report.is_healthy() { Ok(()) } else { Err(Failure::silent(report::UNHEALTHY)) }
}

fn examine(options: &Doctor, core: &CoreYaml<'_>, variables: &Variables) -> Result<Report, Failure> {
    let mut findings = Vec::new();
    let settings = Settings::read(core, &mut findings);
    let root = Root::new(options.root.as_deref());
    docker(&settings.docker, &root, &mut findings);
    let architecture = options.arch.as_deref().unwrap_or_else(|| executable::host_architecture());
    let surroundings = Surroundings { root: &root, architecture, variables };
    builders::examine_all(&settings.builders, &mut findings);
    let mut runnable = Vec::new();
    for (builder, at) in &settings.builders {
        if builders::examine(builder, at, &surroundings, &mut findings) && !builder.name.is_empty() {
            let path = root.join(&builder.path);
            runnable.push((ExternalBuilder { path, ..builder.clone() }, at.clone()));
        }
    }
    if options.no_run || architecture != executable::host_architecture() {
        runnable.clear();
    }
    let variables = with_path(variables);
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::from_error(&error))?;
    let types = runtime.block_on(types::ask(&runnable, &variables, &mut findings))?;
    let all_run = root.is_here() || runnable.len() == settings.builders.len();
    let trial = match &options.package {
        Some(package) if all_run && architecture == executable::host_architecture() => {
            let docker = !settings.docker.is_empty();
            Some(runtime.block_on(trial::run(package, &runnable, &variables, docker, &mut findings))?)
        }
        Some(package) => {
            let message = "not all builders can be run here as the peer would, so the package is not tried";
            let finding = Finding::note("trial-skipped", package.display().to_string(), message);
            findings.push(finding.hint("run ccs doctor inside the peer's container"));
            None
        }
        None => None,
    };
    Ok(Report::new(options.core.display().to_string(), settings, findings).with_runs(types, trial))
}

/// A peer's process always has a PATH, whatever the file of variables says.
fn with_path(variables: &Variables) -> Variables {
    let mut variables = variables.clone();
    if let Ok(path) = std::env::var("PATH") {
        variables.entry("PATH".to_owned()).or_insert(path);
    }
    variables
}

/// Looks whether Docker's socket is there.
fn docker(endpoint: &str, root: &Root, findings: &mut Vec<Finding>) {
    let Some(socket) = endpoint.strip_prefix("unix://") else { return };
    if root.join(socket.as_ref()).exists() {
        return;
    }
    let message = format!(
        "Docker's socket {socket} is not there: packages that no builder takes fail with Docker's error"
    );
    findings.push(
        Finding::warning("docker-unreachable", "vm.endpoint", message)
            .hint("mount the socket, or empty vm.endpoint so that the peer refuses such packages at once"),
    );
}

fn next(options: &Doctor, report: &Report) -> String {
    match &options.package {
        _ if !report.is_healthy() => {
            format!("ccs doctor --core {}  (once the errors are gone)", options.core.display())
        }
        Some(package) => format!("peer lifecycle chaincode install {}", package.display()),
        None => format!("ccs doctor --core {} --package FILE", options.core.display()),
    }
}
