//! Installs a package with the real programs, as the peer would, in a temporary folder.

use std::fs;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ccs_dial::ConnectionInfo;
use ccs_files::Connection;
use ccs_host::{
    BuildError, BuildEvent, BuildHost, BuilderStep, DurableBuild, ExternalBuilder, PackageSource,
    StepOutcome, UnpackError,
};
use ccs_package::{Limits, disk};
use ccs_report::Finding;
use ccs_report::terminal::safe;
use serde::Serialize;
use serde_json::Value;

use crate::environment::Variables;
use crate::error::Error;
use crate::released;

/// The result of installing a package.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The package ID.
    pub package_id: String,
    /// The builder that accepted it.
    pub builder: Option<String>,
    /// The lines that the peer would log, without times.
    pub log: Vec<String>,
    /// The connection.json of the release, without secrets.
    pub connection: Option<Value>,
}

/// Installs a trial package.
pub(crate) async fn run(
    file: &Path,
    builders: &[(ExternalBuilder, String)],
    variables: &Variables,
    docker: bool,
    findings: &mut Vec<Finding>,
) -> Result<Trial, Error> {
    let package = disk::load(file, &Limits::default())?;
    let folder = tempfile::tempdir().map_err(Error::Scratch)?;
    let all = builders.iter().map(|(builder, _)| builder.clone()).collect();
    let host =
        BuildHost::new(all, folder.path()).with_temporary_folder(folder.path()).with_environment(variables);
    let unpack = move |target: &Path| {
        let file = BufReader::new(File::open(file).map_err(UnpackError::from)?);
        disk::unpack_code(file, target, &Limits::default()).map(drop).map_err(UnpackError::from)
    };
    let mut log = Log { package_id: package.id().to_string(), ..Log::default() };
    let mut observer = |event: BuildEvent<'_>| log.hear(&event);
    let subject =
        PackageSource { id: package.id(), metadata: package.metadata_bytes(), unpack: Box::new(unpack) };
    let result = host.build(subject, &mut observer).await;
    let mut trial =
        Trial { package_id: package.id().to_string(), builder: None, log: log.lines, connection: None };
    match result {
        Ok(build) => {
            if let Some(released) = build.connection_file() {
                trial.connection = connection(&build, &released, file, findings)?;
            } else {
                let builder = builders.iter().find(|(builder, _)| builder.name == build.builder);
                let run = builder.map(|(builder, _)| builder.program(BuilderStep::Run));
                let has_run = run.is_some_and(|run| run.is_file());
                let is_service = package.metadata().is_chaincode_as_a_service();
                findings.extend(released::no_connection(&build, file, is_service, has_run));
            }
            trial.builder = Some(build.builder);
        }
        Err(BuildError::NoBuilder) if docker => {
            let message = "no builder accepts the package: it goes to Docker";
            let finding = Finding::warning("goes-to-docker", file.display().to_string(), message);
            findings.push(finding.hint("check `type` in metadata.json; `ccs inspect` shows it"));
        }
        Err(error) => {
            let finding = Finding::error("install-fails", file.display().to_string(), error.to_string());
            let hint =
                "the log above shows the reason; `ccs explain` explains the peer's messages".to_owned();
            findings.push(finding.hint(error.hint().unwrap_or(hint)));
        }
    }
    Ok(trial)
}

/// The log of the peer.
#[derive(Default)]
struct Log {
    package_id: String,
    lines: Vec<String>,
    /// Whether the current line is inside a private key.
    in_key: bool,
}

impl Log {
    fn hear(&mut self, event: &BuildEvent<'_>) {
        let line = match event {
            BuildEvent::StderrLine { builder, step, line } => {
                self.shown(line).map(|line| format!("INFO {} {line} command={step}", logger(builder)))
            }
            BuildEvent::StderrStopped { builder, step, reason } => {
                Some(format!("ERRO {} {reason} command={step}", logger(builder)))
            }
            // The error alone shows how build and release ended.
            BuildEvent::StepEnded {
                builder,
                step: BuilderStep::Detect,
                outcome: StepOutcome::Failure(text),
                ..
            } => {
                let builder = safe(builder);
                Some(format!("DEBU [chaincode.externalbuilder] builder '{builder}' detect failed: {text}"))
            }
            BuildEvent::ReleaseSkipped { builder } => {
                let id = &self.package_id;
                Some(format!(
                    "DEBU {} Skipping release step for '{id}' as no release binary found",
                    logger(builder)
                ))
            }
            _ => None,
        };
        self.lines.extend(line);
    }

    /// Returns a line without secrets; [`None`] inside a private key.
    fn shown(&mut self, line: &str) -> Option<String> {
        let was_in_key = self.in_key;
        if line.contains("PRIVATE KEY") {
            self.in_key = !line.contains("-----END");
        }
        match (was_in_key, line.contains("PRIVATE KEY")) {
            (true, _) => None,
            (false, true) => Some("(a private key, not shown)".to_owned()),
            (false, false) => Some(safe(line)),
        }
    }
}

fn logger(builder: &str) -> String {
    safe(&format!("[chaincode.externalbuilder.{builder}]"))
}

/// Parses the released connection.json like the peer, and returns it without secrets; [`None`] if it is not valid.
fn connection(
    build: &DurableBuild,
    file: &Path,
    package: &Path,
    findings: &mut Vec<Finding>,
) -> Result<Option<Value>, Error> {
    if let Err(error) = ConnectionInfo::read(file) {
        let chain = ccs_builder::report::chain(&error);
        // The temporary folder no longer exists when the message is shown.
        let message = chain.replace(&build.path.display().to_string(), "BUILD");
        let finding = Finding::error("launch-fails", package.display().to_string(), message);
        let hint =
            "the package can be installed but never launched; ccs-builder reports this at install".to_owned();
        findings.push(finding.hint(error.hint().unwrap_or(hint)));
    }
    let content = fs::read(file).map_err(|source| Error::Read { path: file.to_owned(), source })?;
    let is_valid = Connection::parse(&content).is_ok();
    Ok(is_valid.then(|| serde_json::from_slice(&content).ok()).flatten().map(redacted))
}

/// Replaces each PEM text by a placeholder.
fn redacted(mut connection: Value) -> Value {
    if let Some(object) = connection.as_object_mut() {
        for value in object.values_mut() {
            let Some(text) = value.as_str() else { continue };
            if text.contains("PRIVATE KEY") {
                *value = "(a private key, not shown)".into();
            } else if text.contains("-----BEGIN") {
                *value = "(certificates, not shown)".into();
            }
        }
        // A key that is not PEM text is secret as well.
        let keys = object.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case("client_key"));
        for (_, key) in keys.filter(|(_, key)| **key != "") {
            *key = "(a private key, not shown)".into();
        }
    }
    connection
}
