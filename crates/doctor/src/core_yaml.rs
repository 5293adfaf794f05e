//! core.yaml under the variables that override it, read as the peer's viper does.
//!
//! Keys are compared without regard to case; `CORE_VM_ENDPOINT` goes before `vm.endpoint`, and a variable that is empty
//! counts as absent.

use serde_json::Value;

use crate::environment::Variables;

/// The settings of a peer.
#[derive(Debug)]
pub(crate) struct CoreYaml<'v> {
    tree: Value,
    variables: &'v Variables,
}

/// The value of a setting and where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    /// The key in core.yaml or the name of the variable.
    pub(crate) at: String,
}

impl<'v> CoreYaml<'v> {
    /// Reads the file; an error says where it is no YAML.
    pub(crate) fn parse(text: &str, variables: &'v Variables) -> Result<Self, String> {
        Ok(Self { tree: yaml(text)?, variables })
    }

    /// Returns a setting that is one text or number; [`None`] if it is absent or null.
    pub(crate) fn scalar(&self, key: &str) -> Option<Setting<String>> {
        if let Some(setting) = self.overriding(key) {
            return Some(setting);
        }
        let value = match self.find(key)? {
            Value::String(text) => text.clone(),
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            _ => return None,
        };
        Some(Setting { value, at: key.to_owned() })
    }

    /// Returns a setting of any shape; a variable that overrides it holds YAML.
    pub(crate) fn tree(&self, key: &str) -> Result<Setting<Value>, Setting<String>> {
        let Some(Setting { value, at }) = self.overriding(key) else {
            return Ok(Setting { value: self.find(key).cloned().unwrap_or_default(), at: key.to_owned() });
        };
        match yaml(&value) {
            Ok(value) => Ok(Setting { value, at }),
            Err(value) => Err(Setting { value, at }),
        }
    }

    /// Returns the variable that would override a setting if it were not empty.
    pub(crate) fn empty_variable(&self, key: &str) -> Option<String> {
        let name = variable(key);
        self.variables.get(&name).is_some_and(String::is_empty).then_some(name)
    }

    fn overriding(&self, key: &str) -> Option<Setting<String>> {
        let at = variable(key);
        let value = self.variables.get(&at).filter(|value| !value.is_empty())?.clone();
        Some(Setting { value, at })
    }

    fn find(&self, key: &str) -> Option<&Value> {
        key.split('.').try_fold(&self.tree, |value, name| field(value, name))
    }
}

/// Returns a field of an object, by its name in any case.
pub(crate) fn field<'t>(value: &'t Value, name: &str) -> Option<&'t Value> {
    let (_, value) = value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value)
}

/// An empty document is an empty configuration.
fn yaml(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str::<Option<Value>>(text).map(Option::unwrap_or_default).map_err(|error| {
        // The first line alone: those after it quote the file, which may hold secrets.
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        line.strip_prefix("error: ").unwrap_or(line).to_owned()
    })
}

fn variable(key: &str) -> String {
    format!("CORE_{}", key.replace('.', "_").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variables_go_before_the_file_unless_they_are_empty() {
        let variables =
            [("CORE_VM_ENDPOINT", ""), ("CORE_CHAINCODE_MODE", "dev"), ("CORE_A_B", "[{name: x}]")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let core =
            CoreYaml::parse("VM:\n  Endpoint: unix:///d\nchaincode:\n  mode: net\n", &variables).unwrap();
        let endpoint = core.scalar("vm.endpoint").unwrap();
        assert_eq!((endpoint.value.as_str(), endpoint.at.as_str()), ("unix:///d", "vm.endpoint"));
        assert_eq!(core.empty_variable("vm.endpoint").as_deref(), Some("CORE_VM_ENDPOINT"));
        let mode = core.scalar("chaincode.mode").unwrap();
        assert_eq!((mode.value.as_str(), mode.at.as_str()), ("dev", "CORE_CHAINCODE_MODE"));
        assert_eq!(core.tree("a.b").unwrap().value, serde_json::json!([{"name": "x"}]));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let variables = Variables::new();
            if let Ok(core) = CoreYaml::parse(&text, &variables) {
                let _ = (core.scalar("vm.endpoint"), core.tree("chaincode"));
            }
        }
    }
}
