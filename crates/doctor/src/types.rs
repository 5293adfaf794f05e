//! Determines which builder accepts which type, by running each detect on sample metadata.

use std::path::PathBuf;
use std::time::Duration;

use ccs_files::PackageId;
use ccs_files::package_id::PackageHash;
use ccs_host::{BuildError, BuildHost, BuildLimits, ExternalBuilder, PackageSource};
use ccs_report::Finding;
use serde::Serialize;

use crate::environment::Variables;
use crate::error::Error;

/// The types to try.
const TYPES: [&str; 4] = ["ccaas", "external", "golang", "k8s"];

/// The time limits for a detect and for processes that it leaves behind with its stderr; it normally takes
/// milliseconds.
const LIMITS: BuildLimits = BuildLimits {
    install: Duration::from_secs(10),
    held_stderr: Duration::from_secs(2),
    unread_stderr: Duration::from_secs(2),
};

/// The builders that accept a type, in the order in which the peer calls them.
#[derive(Debug, Serialize)]
pub struct Type {
    /// The type, as in metadata.json.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// Their names; the first one handles the package.
    pub taken_by: Vec<String>,
}

/// Runs every detect with every sample.
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
                    findings.push(finding.hint("a peer would wait forever, at every install"));
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

/// Returns the folder of a builder without links.
fn real_path(builder: &ExternalBuilder) -> PathBuf {
    builder.path.canonicalize().unwrap_or_else(|_| builder.path.clone())
}

fn judge(builders: &[(ExternalBuilder, String)], types: &[Type], findings: &mut Vec<Finding>) {
    for (builder, at) in builders {
        // The same folder under a second name finds the builds that the peer made under that name.
        let is_same_folder = |name: &String| {
            let other = builders.iter().find(|(other, _)| other.name == *name);
            other.is_some_and(|(other, _)| real_path(other) == real_path(builder))
        };
        let behind = |one: &&Type| {
            one.taken_by.iter().skip(1).any(|name| *name == builder.name) && !is_same_folder(&one.taken_by[0])
        };
        for one in types.iter().filter(behind) {
            let message =
                format!("{} also accepts {}, but {:?} comes first", builder.name, one.name, one.taken_by[0]);
            let finding = Finding::warning("types-overlap", at, message);
            findings
                .push(finding.hint("the peer uses the first in the list; change the order or remove one"));
        }
        if types.iter().all(|one| one.taken_by.contains(&builder.name)) {
            let finding =
                Finding::warning("takes-everything", at, "its detect accepts packages of every type");
            findings.push(finding.hint(
                "later builders and Docker get no packages; make detect check `type` in metadata.json",
            ));
        }
    }
    if !builders.is_empty() && types.iter().any(|one| one.name == "ccaas" && one.taken_by.is_empty()) {
        let message = "no builder accepts packages of the type ccaas";
        let finding = Finding::warning("ccaas-not-taken", "chaincode.externalBuilders", message);
        findings.push(finding.hint("`ccs-builder install DIR` installs one"));
    }
}
