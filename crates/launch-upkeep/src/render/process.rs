//! The process of a package, as data to show.

use std::env;
use std::path::Path;

use ccs_launch::Failure;
use ccs_launch::binary::Binary;
use ccs_launch::process::{Call, Plan, Start};
use ccs_launch::settings::{Bytes, Language, Limits};
use ccs_launch::variables::INHERITED;
use serde_json::{Map, Value, json};

use super::Render;

/// What stands for the folders of the peer.
const BUILD: &str = "/BLD";
const RUN_METADATA: &str = "/RUNMETA";

/// Returns the process of a package with a program.
pub(super) fn of_binary(render: &Render<'_>) -> Result<Value, Failure> {
    let document = render.package.binary.as_deref();
    let binary = document.map_or_else(|| Ok(Binary::default()), Binary::parse)?;
    of_start(render, &Start::of_binary(Path::new(BUILD), &binary))
}

/// Returns the process of a package with source.
pub(super) fn of_source(render: &Render<'_>, language: Language) -> Result<Value, Failure> {
    of_start(render, &language.start(Path::new(BUILD)))
}

fn of_start(render: &Render<'_>, start: &Start) -> Result<Value, Failure> {
    let chaincode = render.chaincode()?;
    let inherited: Vec<(String, String)> =
        INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?))).collect();
    let call = Call {
        run_metadata: Path::new(RUN_METADATA),
        chaincode: &chaincode,
        chaincode_type: &render.package.metadata.chaincode_type,
        inherited: &inherited,
    };
    Ok(shown(&call.plan(start, &render.site.settings)))
}

fn shown(plan: &Plan) -> Value {
    let environment: Map<String, Value> =
        plan.environment.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let files: Vec<Value> = plan
        .files
        .iter()
        .map(|file| json!({"path": file.path.to_string_lossy(), "mode": format!("{:04o}", file.mode)}))
        .collect();
    let Limits { memory, open_files, processes, nice } = &plan.limits;
    let limits = [
        ("memory", memory.map(|Bytes(bytes)| bytes)),
        ("open_files", *open_files),
        ("processes", *processes),
        ("nice", nice.map(u64::from)),
    ];
    let limits: Map<String, Value> =
        limits.into_iter().filter_map(|(name, limit)| Some((name.to_owned(), limit?.into()))).collect();
    json!({
        "command": [plan.program.to_string_lossy()],
        "arguments": plan.arguments,
        "working_folder": plan.working_folder.to_string_lossy(),
        "environment": environment,
        "limits": limits,
        "files": files,
    })
}
