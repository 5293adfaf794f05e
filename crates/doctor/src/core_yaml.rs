//! core.yaml, with the variables that override it, parsed as by the peer's viper.
//!
//! Keys are compared without case. `CORE_VM_ENDPOINT` overrides `vm.endpoint`, and an empty variable counts as absent.

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;

use crate::environment::Variables;
use crate::yaml::{field, first_line, read};

/// The settings of a peer.
#[derive(Debug)]
pub(crate) struct CoreYaml<'v> {
    tree: Value,
    variables: &'v Variables,
    duplicate: Option<Duplicate>,
}

/// A key that a mapping has twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Duplicate {
    /// The key.
    pub(crate) key: String,
    /// The lines on which the first and the second block begin, from 1.
    pub(crate) lines: (usize, usize),
}

/// The value of a setting and its origin.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    pub(crate) value: T,
    /// The key in core.yaml or the name of the variable.
    pub(crate) at: String,
}

impl<'v> CoreYaml<'v> {
    /// Parses the file; an error describes the place where it is not valid YAML.
    ///
    /// If a mapping has a key twice, the second value counts, as it does for a peer of Fabric 2.5.
    pub(crate) fn parse(text: &str, variables: &'v Variables) -> Result<Self, String> {
        let error = match read(text) {
            Ok(tree) => return Ok(Self { tree, variables, duplicate: None }),
            Err(error) => error,
        };
        let serde_saphyr::Error::DuplicateMappingKey { key: Some(key), location } = error.without_snippet()
        else {
            return Err(first_line(&error));
        };
        let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::LastWins };
        let tree = serde_saphyr::from_str_with_options(text, options).map_err(|error| first_line(&error))?;
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (line, column) = (place(location.line()), place(location.column()));
        let lines = (first(text, key, line, column), line);
        Ok(Self { tree, variables, duplicate: Some(Duplicate { key: key.clone(), lines }) })
    }

    /// Returns the variables of the peer's process.
    pub(crate) fn variables(&self) -> &Variables {
        self.variables
    }

    /// Returns the first key that a mapping has twice.
    pub(crate) fn duplicate(&self) -> Option<&Duplicate> {
        self.duplicate.as_ref()
    }

    /// Returns the whole file, without the variables.
    pub(crate) fn document(&self) -> &Value {
        &self.tree
    }

    /// Returns a setting that is a text or number; [`None`] if it is absent or null.
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

    /// Returns a setting of any type; a variable that overrides it contains YAML.
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

fn yaml(text: &str) -> Result<Value, String> {
    read(text).map_err(|error| first_line(&error))
}

/// Returns the line of a key's first occurrence, given that of its second one; columns and lines count from 1.
fn first(text: &str, key: &str, line: usize, column: usize) -> usize {
    let is_same = |line: &str| {
        let name = line.trim_start();
        line.len() - name.len() + 1 == column
            && name
                .trim_start_matches(['"', '\''])
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
    };
    let above: Vec<&str> = text.lines().take(line.saturating_sub(1)).collect();
    above.iter().rposition(|line| is_same(line)).map_or(line, |index| index + 1)
}

/// Returns the name of the variable that overrides a key.
pub(crate) fn variable(key: &str) -> String {
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

    #[test]
    fn a_key_twice_has_both_lines_and_the_second_value() {
        let variables = Variables::new();
        let text = "vm: {endpoint: a}\nchaincode:\n  mode: net\n  # a comment\n  mode: dev\n";
        let core = CoreYaml::parse(text, &variables).unwrap();
        assert_eq!(core.duplicate(), Some(&Duplicate { key: "mode".to_owned(), lines: (3, 5) }));
        assert_eq!(core.scalar("chaincode.mode").unwrap().value, "dev");
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
