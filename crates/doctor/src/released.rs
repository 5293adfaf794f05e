//! Explains a release without the connection.json from which a peer learns where to dial.

use std::fs;
use std::path::{Path, PathBuf};

use ccs_host::DurableBuild;
use ccs_report::Finding;
use ccs_report::terminal::safe;

/// The maximum number of files and folders to look at in search of connection.json.
const MAX_ENTRIES: usize = 1_000;

/// Returns the finding for a release without chaincode/server/connection.json, if it is not as it should be.
///
/// Without that file, a peer calls `run` of the builder (Fabric 3.1 `core/container/externalbuilder/instance.go`).
pub(crate) fn no_connection(
    build: &DurableBuild,
    package: &Path,
    is_service: bool,
    has_run: bool,
) -> Option<Finding> {
    let at = package.display().to_string();
    let released = find(&build.release_folder());
    if released.is_none() && has_run {
        let message =
            "the release contains no chaincode/server/connection.json, so the peer calls run of the builder";
        let finding = Finding::warning("run-called", at, message);
        return is_service.then(|| {
            finding.hint("right only if run starts the chaincode; for chaincode that the peer dials, release must write the file")
        });
    }
    let went = match (released, find(&build.build_folder())) {
        (Some(path), _) => format!("release wrote {} instead", safe(&path.display().to_string())),
        (None, Some(path)) => {
            format!("build wrote {}, and release did not copy it", safe(&path.display().to_string()))
        }
        (None, None) => "neither build nor release wrote a connection.json".to_owned(),
    };
    let run =
        if has_run { "so the peer calls run" } else { "and the builder has no run, so every launch fails" };
    let message = format!("the release contains no chaincode/server/connection.json, {run}; {went}");
    let hint = "release BLD RELEASE must write RELEASE/chaincode/server/connection.json; `ccs-builder install DIR` installs a \
                builder that does";
    Some(Finding::error("no-connection", at, message).hint(hint))
}

/// Returns the path of the first connection.json below a folder, relative to it.
fn find(folder: &Path) -> Option<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut left = MAX_ENTRIES;
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            } else if entry.file_name() == "connection.json" {
                return entry.path().strip_prefix(folder).ok().map(Path::to_owned);
            }
        }
    }
    None
}
