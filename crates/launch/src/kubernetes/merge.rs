//! The strategic merge of Kubernetes on plain values, by a fixed table.
//!
//! It does the same as `kubectl patch --type strategic` for a pod template (`k8s.io/apimachinery/pkg/util/strategicpatch`): it merges
//! the lists in the table by a key, replaces other lists, and deletes a field for `null`. There is one difference: it replaces a volume
//! of the same name, because a volume cannot have two sources.

use serde_json::{Map, Value};

/// The lists that are merged, and the field that identifies an item.
const LISTS: [(&str, &str); 12] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("imagePullSecrets", "name"),
    ("resourceClaims", "name"),
    ("schedulingGates", "name"),
    ("ports", "containerPort"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("hostAliases", "ip"),
    ("topologySpreadConstraints", "topologyKey"),
];

/// The lists whose items are replaced, not merged.
const REPLACED_ITEMS: [&str; 1] = ["volumes"];

/// The key of a map or item that specifies the operation.
const DIRECTIVE: &str = "$patch";

/// Merges a patch into a value. The error names the part that cannot be merged, with its path.
pub(super) fn merge(base: &mut Value, patch: &Value) -> Result<(), String> {
    match (base.as_object_mut(), patch.as_object()) {
        (Some(base), Some(patch)) => maps(base, patch, ""),
        _ => Err("it is not a map".to_owned()),
    }
}

fn maps(base: &mut Map<String, Value>, patch: &Map<String, Value>, at: &str) -> Result<(), String> {
    match directive(patch, at)? {
        Some(Directive::Delete) => {
            base.clear();
            return Ok(());
        }
        Some(Directive::Replace) => base.clear(),
        None => {}
    }
    for (name, patch) in patch.iter().filter(|(name, _)| *name != DIRECTIVE) {
        let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        if name.starts_with('$') {
            return Err(format!("{at} is not supported; the one directive is {DIRECTIVE}"));
        }
        let key = LISTS.iter().find(|(list, _)| list == name).map(|(_, key)| *key);
        match (patch, key) {
            (Value::Null, _) => {
                base.remove(name);
            }
            (Value::Object(patch), _) => {
                let inner = base.entry(name).or_insert_with(|| Value::Object(Map::new()));
                if !inner.is_object() {
                    *inner = Value::Object(Map::new());
                }
                if let Some(inner) = inner.as_object_mut() {
                    maps(inner, patch, &at)?;
                }
            }
            (Value::Array(patch), Some(key)) => {
                let original = match base.remove(name) {
                    Some(Value::Array(items)) => items,
                    _ => Vec::new(),
                };
                let list = List { name, key, at: &at };
                base.insert(name.clone(), Value::Array(list.merge(original, patch)?));
            }
            (value, _) => {
                base.insert(name.clone(), plain(value, &at)?);
            }
        }
    }
    Ok(())
}

/// Returns a value that replaces another one. It must not contain a directive, which would become a field.
fn plain(value: &Value, at: &str) -> Result<Value, String> {
    let hidden =
        |value: &Value| value.as_object().is_some_and(|map| map.keys().any(|key| key.starts_with('$')));
    match value.as_array() {
        Some(items) if items.iter().any(hidden) => {
            Err(format!("{at} is replaced as a whole, so {DIRECTIVE} has no meaning there"))
        }
        _ => Ok(value.clone()),
    }
}

enum Directive {
    Delete,
    Replace,
}

fn directive(patch: &Map<String, Value>, at: &str) -> Result<Option<Directive>, String> {
    match patch.get(DIRECTIVE).map(|value| value.as_str().unwrap_or_default()) {
        None | Some("merge") => Ok(None),
        Some("delete") => Ok(Some(Directive::Delete)),
        Some("replace") => Ok(Some(Directive::Replace)),
        Some(other) => Err(format!("{at}: {DIRECTIVE}: {other:?} is neither delete nor replace")),
    }
}

/// A list that is merged by a key.
struct List<'a> {
    name: &'a str,
    key: &'a str,
    at: &'a str,
}

impl List<'_> {
    fn merge(&self, original: Vec<Value>, patch: &[Value]) -> Result<Vec<Value>, String> {
        let mut replace = false;
        let (mut deleted, mut items) = (Vec::new(), Vec::new());
        for item in patch {
            let Some(map) = item.as_object() else {
                return Err(format!("{} holds {item}, which is not a map", self.at));
            };
            match directive(map, self.at)? {
                // Without further fields, such an item applies to the whole list.
                Some(Directive::Replace) if map.len() == 1 => replace = true,
                Some(Directive::Replace) => {
                    return Err(format!("{}: {DIRECTIVE}: replace must be in a separate item", self.at));
                }
                Some(Directive::Delete) => deleted.push(self.key_of(item)?),
                None => items.push((self.key_of(item)?, map)),
            }
        }
        let mut kept = if replace { Vec::new() } else { original };
        kept.retain(|item| item.get(self.key).is_none_or(|key| !deleted.contains(&key)));
        let order: Vec<Value> = kept.iter().filter_map(|item| item.get(self.key).cloned()).collect();
        let mut patched: Vec<Value> = Vec::new();
        for (key, map) in items {
            let same = |item: &Value| item.get(self.key) == Some(key);
            let mut item = Value::Object(Map::new());
            if let Some(place) = patched.iter().position(same) {
                item = patched.remove(place);
            } else if let Some(place) = kept.iter().position(same) {
                let found = kept.remove(place);
                if !REPLACED_ITEMS.contains(&self.name) {
                    item = found;
                }
            }
            if let Some(item) = item.as_object_mut() {
                maps(item, map, self.at)?;
            }
            patched.push(item);
        }
        Ok(self.in_order(kept, patched, &order))
    }

    /// Orders as Kubernetes does: items of the patch in the order of the patch, other items at their old place, new items first.
    fn in_order(&self, kept: Vec<Value>, patched: Vec<Value>, order: &[Value]) -> Vec<Value> {
        let place = |item: &Value| order.iter().position(|key| item.get(self.key) == Some(key));
        let mut merged = Vec::with_capacity(kept.len() + patched.len());
        let (mut kept, mut patched) = (kept.into_iter().peekable(), patched.into_iter().peekable());
        loop {
            let kept_first = match (kept.peek(), patched.peek()) {
                (Some(kept), Some(patched)) => {
                    matches!((place(kept), place(patched)), (Some(left), Some(right)) if left < right)
                }
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return merged,
            };
            merged.extend(if kept_first { kept.next() } else { patched.next() });
        }
    }

    fn key_of<'v>(&self, item: &'v Value) -> Result<&'v Value, String> {
        let key = item.get(self.key).filter(|key| key.is_string() || key.is_number());
        key.ok_or_else(|| format!("{}: an item has no {}", self.at, self.key))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(mut base: Value, patch: &Value) -> Value {
        merge(&mut base, patch).unwrap();
        base
    }

    #[test]
    fn lists_are_merged_by_their_keys_and_others_replaced() {
        let base = json!({"spec": {
            "containers": [{"name": "a", "image": "i", "args": ["1", "2"], "env": [{"name": "X", "value": "1"}]}],
            "tolerations": [{"key": "old"}],
        }});
        let patch = json!({"spec": {
            "containers": [{"name": "a", "args": ["3"], "env": [{"name": "Y", "value": "2"}]}, {"name": "b"}],
            "tolerations": [{"key": "new"}],
        }});
        let expected = json!({"spec": {
            "containers": [
                {"name": "a", "image": "i", "args": ["3"], "env": [{"name": "Y", "value": "2"}, {"name": "X", "value": "1"}]},
                {"name": "b"},
            ],
            "tolerations": [{"key": "new"}],
        }});
        assert_eq!(merged(base, &patch), expected);
    }

    #[test]
    fn null_and_directives_delete_and_replace() {
        let base = json!({"spec": {
            "priority": 3,
            "securityContext": {"runAsUser": 1, "fsGroup": 2},
            "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "emptyDir": {}}],
        }});
        let patch = json!({"spec": {
            "priority": null,
            "securityContext": {"$patch": "replace", "runAsUser": 5},
            "volumes": [{"name": "v", "configMap": {"name": "c"}}, {"name": "w", "$patch": "delete"}],
        }});
        let expected = json!({"spec": {
            "securityContext": {"runAsUser": 5},
            "volumes": [{"name": "v", "configMap": {"name": "c"}}],
        }});
        assert_eq!(merged(base, &patch), expected);
        let base = json!({"env": [{"name": "a"}, {"name": "b"}]});
        assert_eq!(
            merged(base, &json!({"env": [{"$patch": "replace"}, {"name": "c"}]})),
            json!({"env": [{"name": "c"}]})
        );
    }

    #[test]
    fn what_cannot_be_merged_is_named_with_its_path() {
        for (patch, message) in [
            (json!({"spec": {"containers": [{"image": "x"}]}}), "spec.containers: an item has no name"),
            (json!({"spec": {"containers": ["x"]}}), "spec.containers holds \"x\", which is not a map"),
            (json!({"a": {"$patch": "purge"}}), "a: $patch: \"purge\" is neither delete nor replace"),
            (json!({"$retainKeys": []}), "$retainKeys is not supported; the one directive is $patch"),
            (
                json!({"args": [{"$patch": "delete"}]}),
                "args is replaced as a whole, so $patch has no meaning there",
            ),
            (json!([]), "it is not a map"),
        ] {
            assert_eq!(merge(&mut json!({}), &patch).unwrap_err(), message, "{patch}");
        }
    }
}
