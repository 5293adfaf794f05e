//! The operator's overlays on the template of a pod, and the fields that they may not change.

use serde_json::Value;

use super::merge::merge;
use super::pod::{CONTAINER, PORT, Reserved};
use crate::{ExitCode, Failure};

/// Merges overlays into the template of a pod, in their order; each has the number of its rule.
pub(super) fn apply<'o>(
    template: &mut Value,
    overlays: impl IntoIterator<Item = (usize, &'o Value)>,
    known: &Reserved,
) -> Result<(), Failure> {
    for (number, overlay) in overlays {
        let refused = |reason: String| {
            Failure::new(ExitCode::Settings, format!("launch.yaml: chaincodes[{number}].pod: {reason}"))
        };
        let mut merged = template.clone();
        merge(&mut merged, overlay).map_err(refused)?;
        if let Some(field) = changed(template, &merged, known) {
            return Err(refused(format!("{field} cannot be changed"))
                .with_hint("the launcher sets this field itself; take it out of the overlay"));
        }
        *template = merged;
    }
    Ok(())
}

/// Names a reserved field in which two templates differ.
fn changed(before: &Value, after: &Value, known: &Reserved) -> Option<String> {
    let before = reserved(before, known);
    let after = reserved(after, known);
    before.into_iter().zip(after).find_map(|((field, old), (_, new))| (old != new).then_some(field))
}

/// Returns the reserved fields with their values in a template: the same fields, in the same order, for every template.
fn reserved(template: &Value, known: &Reserved) -> Vec<(String, Vec<Value>)> {
    let (metadata, spec) = (&template["metadata"], &template["spec"]);
    let mut fields = Vec::new();
    let mut field =
        |name: String, values: Vec<&Value>| fields.push((name, values.into_iter().cloned().collect()));
    for name in ["name", "generateName", "namespace", "ownerReferences", "finalizers"] {
        field(format!("metadata.{name}"), metadata.get(name).into_iter().collect());
    }
    for (kind, names) in [("labels", &known.labels), ("annotations", &known.annotations)] {
        for name in names.keys() {
            field(format!("metadata.{kind}.{name}"), metadata[kind].get(name).into_iter().collect());
        }
    }
    field("spec.restartPolicy".to_owned(), vec![&spec["restartPolicy"]]);
    let certificates = items(&spec["volumes"]).filter(|volume| volume["name"] == known.volume);
    field(format!("spec.volumes[{}]", known.volume), certificates.collect());
    let ours = |container: &&Value| container["name"] == CONTAINER;
    let containers: Vec<_> = items(&spec["containers"]).filter(ours).collect();
    let in_ours =
        |name: &str| -> Vec<&Value> { containers.iter().filter_map(|found| found.get(name)).collect() };
    let place = format!("spec.containers[{CONTAINER}]");
    field(format!("{place}.name"), in_ours("name"));
    field(format!("{place}.image"), in_ours("image"));
    // Another container with this name would make logs and messages ambiguous.
    let namesakes = items(&spec["initContainers"]).filter(ours);
    field(format!("spec.initContainers[{CONTAINER}]"), namesakes.collect());
    if let Some(port) = known.port {
        // Probes and Service refer to it by its name.
        let ours = |found: &&Value| found["containerPort"] == port || found["name"] == PORT;
        let ports = in_ours("ports").into_iter().flat_map(items).filter(ours);
        field(format!("{place}.ports[{port}]"), ports.collect());
    }
    for variable in items(&known.environment) {
        let name = &variable["name"];
        let same = in_ours("env").into_iter().flat_map(items).filter(|found| found["name"] == *name);
        field(format!("{place}.env[{}]", name.as_str().unwrap_or_default()), same.collect());
    }
    let mounts = in_ours("volumeMounts").into_iter().flat_map(items);
    let covered =
        mounts.filter(|mount| covers(mount["mountPath"].as_str().unwrap_or_default(), known.folder));
    field(format!("{place}.volumeMounts[{}]", known.folder), covered.collect());
    fields
}

/// Tells whether a mount would hide the certificates in a folder or one of them.
fn covers(mount: &str, folder: &'static str) -> bool {
    let parts = |path: &'static str| path.split('/').filter(|part| !part.is_empty());
    let mount: Vec<_> = mount.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    // A path with `..` may refer to any folder.
    mount.contains(&"..") || mount.iter().zip(parts(folder)).all(|(mount, part)| *mount == part)
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
