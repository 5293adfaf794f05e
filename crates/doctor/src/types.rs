//! Which builder takes which type: the real detect of each, on sample metadata.

use std::time::Duration;

use ccs_files::PackageId;
use ccs_files::package_id::PackageHash;
use ccs_host::{BuildError, BuildHost, BuildLimits, ExternalBuilder, PackageSource};
use ccs_report::Finding;
use serde::Serialize;

use crate::environment::Variables;
use crate::error::Error;

/// The types that are tried.
const TYPES: [&str; 4] = ["ccaas", "external", "golang", "k8s"];

/// How long a detect may take, and how long what it leaves behind may hold its stderr; it takes milliseconds.
const LIMITS: BuildLimits = BuildLimits {
    install: Duration::from_secs(10),
    held_stderr: Duration::from_secs(2),
    unread_stderr: Duration::from_secs(2),
};

/// The builders that take a type, in the order in which the peer asks.
#[derive(Debug, Serialize)]
pub struct Type {
    /// The type of metadata.json.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// Their names; the first one gets the package.
    pub taken_by: Vec<String>,
}

/// Runs every detect on every sample.
pub(crate) async fn ask(
    builders: &[(ExternalBuilder, String)],
    variables: &Variables,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Type>, Error> {
    let mut types: Vec<_> = TYPES.map(|name| Type { name, taken_by: Vec::new() }).into();
    for (builder, at) in builders {
        for one in &mut types {
            match takes(builder, one.name, variables).await? {
                Ok(true) => one.taken_by.push(builder.name.clone()),
                Ok(false) => {}
                Err(error) => {
                    let finding = Finding::error(
                        "detect-hangs",
                        at,
                        format!("detect for the type {}: {error}", one.name),
                    );
                    findings.push(finding.hint("a peer would wait for ever, with every install"));
                    break;
                }
            }
        }
    }
    if builders.is_empty() {
        types.clear();
    }
    judge(builders, &types, findings);
    Ok(types)
}

async fn takes(
    builder: &ExternalBuilder,
    name: &str,
    variables: &Variables,
) -> Result<Result<bool, BuildError>, Error> {
    let folder = tempfile::tempdir().map_err(Error::Scratch)?;
    let id = PackageId::new("ccs-doctor".parse()?, PackageHash::from_digest([0; 32]));
    let metadata = format!(r#"{{"type":"{name}","label":"ccs-doctor"}}"#);
    let host = BuildHost::new(vec![builder.clone()], folder.path())
        .with_temporary_folder(folder.path())
        .with_environment(variables)
        .with_limits(LIMITS);
    let package = PackageSource { id: &id, metadata: metadata.as_bytes(), unpack: Box::new(|_| Ok(())) };
    Ok(match host.detecting_builder(package, &mut |_| {}).await {
        Ok(_) => Ok(true),
        Err(BuildError::NoBuilder) => Ok(false),
        Err(error) => Err(error),
    })
}

fn judge(builders: &[(ExternalBuilder, String)], types: &[Type], findings: &mut Vec<Finding>) {
    for (builder, at) in builders {
        let behind = |one: &&Type| one.taken_by.iter().skip(1).any(|name| *name == builder.name);
        for one in types.iter().filter(behind) {
            let message =
                format!("{} takes {} too, and {:?} is asked first", builder.name, one.name, one.taken_by[0]);
            let finding = Finding::warning("types-overlap", at, message);
            findings
                .push(finding.hint("the first in the list gets the package; change the order or remove one"));
        }
        if types.iter().all(|one| one.taken_by.contains(&builder.name)) {
            let finding = Finding::warning("takes-everything", at, "its detect takes packages of every type");
            findings.push(
                finding.hint(
                    "builders after it and Docker get nothing; let detect read `type` in metadata.json",
                ),
            );
        }
    }
    if !builders.is_empty() && types.iter().any(|one| one.name == "ccaas" && one.taken_by.is_empty()) {
        let message = "no builder takes packages of the type ccaas";
        let finding = Finding::warning("ccaas-not-taken", "chaincode.externalBuilders", message);
        findings.push(finding.hint("`ccs-builder install DIR` puts one in place"));
    }
}
