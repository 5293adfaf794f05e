//! externalBuilders in a place where no peer reads it.

use ccs_report::Finding;
use serde_json::Value;

use crate::core_yaml::{CoreYaml, variable};
use crate::document::is_builders;

/// Where a peer reads the builders (Fabric 3.1 `core/peer/config.go`).
pub(crate) const KEY: &str = "chaincode.externalBuilders";

/// The most levels of core.yaml that are searched.
const MAX_DEPTH: usize = 8;

/// Reports each place with builders that no peer reads; returns whether there is one.
pub(crate) fn check(core: &CoreYaml<'_>, findings: &mut Vec<Finding>) -> bool {
    let before = findings.len();
    let mut keys = Vec::new();
    collect(core.document(), "", MAX_DEPTH, &mut keys);
    for key in keys.iter().filter(|key| !key.eq_ignore_ascii_case(KEY)) {
        let finding =
            Finding::error("builders-misplaced", key, format!("no peer reads external builders at {key}"));
        findings.push(finding.hint(format!("move the list to {KEY}")));
    }
    let read = variable(KEY);
    let is_misplaced =
        |name: &&String| name.starts_with("CORE_") && name.contains("EXTERNALBUILDER") && **name != read;
    for name in core.variables().keys().filter(is_misplaced) {
        let finding = Finding::error("builders-misplaced", name, "no peer reads this variable");
        findings.push(finding.hint(format!(
            "put the whole list into {read}, such as [{{name: ccaas_builder, path: /opt/ccaas}}]"
        )));
    }
    findings.len() > before
}

/// Collects the paths of keys that mean externalBuilders.
fn collect(value: &Value, path: &str, depth: usize, keys: &mut Vec<String>) {
    let Some(object) = value.as_object().filter(|_| depth > 0) else { return };
    for (key, value) in object {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if is_builders(key) {
            keys.push(path);
        } else {
            collect(value, &path, depth - 1, keys);
        }
    }
}
