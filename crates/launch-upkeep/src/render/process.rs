//! The process of a package, as data to show.

use std::env;
use std::path::Path;

use ccs_launch::binary::Binary;
use ccs_launch::prebuilt;
use ccs_launch::process::{Call, OtherUser, Plan, Start};
use ccs_launch::settings::{Bytes, Language, Limits, User};
use ccs_launch::variables::INHERITED;
use ccs_launch::{Account, Failure};
use serde_json::{Map, Value, json};

use super::Render;

/// The placeholders for the folders of the peer.
const BUILD: &str = "/BLD";
const RUN_METADATA: &str = "/RUNMETA";

/// The placeholder for the folder of another user.
const USER: &str = "/USER";

/// Returns the process of a package with a program.
pub(super) fn of_binary(render: &Render<'_>) -> Result<Value, Failure> {
    let document = render.package.binary.as_deref();
    let binary = document.map_or_else(|| Ok(Binary::default()), Binary::parse)?;
    of_start(render, |build| Start::of_binary(build, &binary))
}

/// Returns the process of a package with an archive of programs.
pub(super) fn of_prebuilt(render: &Render<'_>) -> Result<Value, Failure> {
    let head = render.package.prebuilt.clone().ok_or_else(prebuilt::no_archive)??;
    of_start(render, |build| prebuilt::start(build, &head))
}

/// Returns the process of a package with source.
pub(super) fn of_source(render: &Render<'_>, language: Language) -> Result<Value, Failure> {
    of_start(render, |build| language.start(build))
}

fn of_start(render: &Render<'_>, start: impl FnOnce(&Path) -> Start) -> Result<Value, Failure> {
    let chaincode = render.chaincode()?;
    let (settings, chaincode_type) = (&render.site.settings, &render.package.metadata.chaincode_type);
    let process = settings.process_for(&chaincode.chaincode_id, chaincode_type);
    let user = process.user.clone();
    // Only the peer's host knows the numbers of a user name, so this shows the setting.
    let other =
        user.as_ref().map(|_| OtherUser { account: Account { user: 0, group: 0 }, folder: USER.into() });
    let inherited: Vec<(String, String)> =
        INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), env::var(name).ok()?))).collect();
    let call = Call {
        build: Path::new(BUILD),
        run_metadata: Path::new(RUN_METADATA),
        chaincode: &chaincode,
        inherited: &inherited,
        other: other.as_ref(),
    };
    Ok(shown(&call.plan(start, process), user.as_ref()))
}

fn shown(plan: &Plan, user: Option<&User>) -> Value {
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
        "user": user.map(ToString::to_string),
        "files": files,
    })
}
