//! Rendered YAML as JSON values.

use anyhow::{Context, Result};
use serde_json::Value;

/// Parses the documents of a rendering.
pub(crate) fn read(text: &str) -> Result<Vec<Value>> {
    // Both renderers separate documents by this line, and never write it inside a text.
    let documents = text.split("\n---\n").map(|document| document.trim_start_matches("---\n"));
    let documents = documents.filter(|document| document.lines().any(|line| !line.starts_with('#')));
    documents.map(|document| serde_saphyr::from_str(document).context("the rendering is not YAML")).collect()
}

/// Returns the object of a kind whose name begins with `name`.
pub(crate) fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Result<&'a Value> {
    let is_it = |object: &&Value| {
        object["kind"] == kind
            && object["metadata"]["name"].as_str().is_some_and(|found| found.starts_with(name))
    };
    objects.iter().find(is_it).with_context(|| format!("there is no {kind} {name}"))
}

/// Returns the elements of a list; empty if the value is not a list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Returns the texts of a list.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

/// Returns the pod's specification of a Deployment.
pub(crate) fn pod(objects: &[Value]) -> Result<&Value> {
    Ok(&find(objects, "Deployment", "")?["spec"]["template"]["spec"])
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn documents_are_told_apart() {
        let objects = read("---\n# Source: x\na: 1\n---\nb: [one, two]\n---\n# nothing\n").unwrap();
        assert_eq!(objects, [serde_json::json!({"a": 1}), serde_json::json!({"b": ["one", "two"]})]);
    }
}
