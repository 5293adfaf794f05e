//! The data available to templates: the operator's configuration, and values from the peer's folders and
//! environment.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ccs_files::PackageId;
use ccs_files::json::{self, Json, Kind};
use ccs_gotemplate::Value;

use crate::Error;
use crate::context::Surroundings;
pub use crate::error::ConfigurationError;
use crate::input::{self, ReadError};
use crate::limits::{MAX_CONFIGURATION_DEPTH, MAX_CONFIGURATION_VALUES};
use crate::variables::CONFIGURATION_VARIABLE;

/// The data of the templates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// The operator's configuration. [`None`] if there is none, which Go's templates distinguish from an
    /// empty object.
    configured: Option<BTreeMap<String, Value>>,
    /// Values that need no configuration.
    built_in: BTreeMap<String, Value>,
}

impl Configuration {
    /// Reads the variable and config.json, and adds the values from the environment and the name of the
    /// source folder.
    pub fn gather(surroundings: &Surroundings, source: &Path, label: &str) -> Result<Self, Error> {
        let mut built_in = package_variables(source, label);
        for (name, value) in &surroundings.peer {
            built_in.insert((*name).to_owned(), Value::String(value.clone()));
        }
        Ok(Self { configured: configured(surroundings)?, built_in })
    }

    /// Returns the data for a template that reads `keys`.
    ///
    /// It includes only the built-in variables that the template names. A template that iterates over all
    /// the data (`{{range $k, $v := .}}`) therefore sees what Fabric's own builder would pass to it.
    #[must_use]
    pub fn data_for(&self, keys: &BTreeSet<String>) -> Option<BTreeMap<String, Value>> {
        let mut data = self.configured.clone();
        for (name, value) in self.built_in.iter().filter(|(name, _)| keys.contains(*name)) {
            data.get_or_insert_default().entry(name.clone()).or_insert_with(|| value.clone());
        }
        data
    }

    /// Returns whether the variable or config.json contains an object.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.configured.is_some()
    }

    /// Returns all keys that a template can use.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<&str> {
        self.configured.iter().flatten().chain(&self.built_in).map(|(key, _)| key.as_str()).collect()
    }
}

/// Derives the package's own variables from the name of the folder in which the peer unpacks it.
///
/// This name is the only place where a builder finds the package ID. If it has another form, or names
/// another package than metadata.json does, the variables do not exist.
fn package_variables(source: &Path, label: &str) -> BTreeMap<String, Value> {
    let absolute = std::path::absolute(source).unwrap_or_default();
    let folder = absolute.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let id = folder.and_then(PackageId::from_scratch_folder).filter(|id| id.label().as_str() == label);
    let text = |name: &str, value: &str| (name.to_owned(), Value::String(value.to_owned()));
    id.map_or_else(BTreeMap::new, |id| {
        BTreeMap::from([
            text("package_label", id.label().as_str()),
            text("package_hash", id.hash().as_str()),
            text("package_hash_short", id.hash().short()),
        ])
    })
}

/// Merges config.json, which is next to `bin`, with the variable, whose keys override it.
fn configured(surroundings: &Surroundings) -> Result<Option<BTreeMap<String, Value>>, Error> {
    let mut all = None;
    if let Some(folder) = &surroundings.builder_folder {
        let path = folder.join("config.json");
        let parsed = match input::read(&path, input::MAX_SMALL) {
            Err(ReadError::Missing) => Ok(None),
            Err(error) => Err(error.into()),
            Ok(content) => parse(&content),
        };
        all = parsed.map_err(|error| Error::Configuration { origin: path.display().to_string(), error })?;
    }
    let variable = surroundings.configuration.as_ref().filter(|value| !value.is_empty());
    if let Some(value) = variable {
        let origin = || CONFIGURATION_VARIABLE.to_owned();
        let parsed =
            parse(value.as_bytes()).map_err(|error| Error::Configuration { origin: origin(), error })?;
        if let Some(over) = parsed {
            all.get_or_insert_default().extend(over);
        }
    }
    Ok(all)
}

/// Parses a configuration; `null` counts as no configuration.
pub fn parse(content: &[u8]) -> Result<Option<BTreeMap<String, Value>>, ConfigurationError> {
    let json = json::parse(content)?;
    match json.kind() {
        Kind::Null => Ok(None),
        Kind::Object => Reading { values: 0 }.members(json, 2).map(Some),
        other => Err(ConfigurationError::NotAnObject(other)),
    }
}

/// Converts one configuration and counts its values.
struct Reading {
    values: usize,
}

impl Reading {
    fn members(
        &mut self,
        object: Json<'_>,
        depth: usize,
    ) -> Result<BTreeMap<String, Value>, ConfigurationError> {
        object.members().map(|(key, member)| Ok((key, self.value(member, depth)?))).collect()
    }

    /// Converts a value to what `encoding/json` stores in an `interface{}`; a container at this level has
    /// nesting depth `depth`.
    fn value(&mut self, json: Json<'_>, depth: usize) -> Result<Value, ConfigurationError> {
        self.values += 1;
        if self.values > MAX_CONFIGURATION_VALUES {
            return Err(ConfigurationError::TooManyValues);
        }
        Ok(match json.kind() {
            Kind::Array | Kind::Object if depth > MAX_CONFIGURATION_DEPTH => {
                return Err(ConfigurationError::TooDeep);
            }
            Kind::Null => Value::Null,
            Kind::Boolean => Value::Bool(json.as_bool().unwrap_or_default()),
            Kind::String => Value::String(json.as_str().unwrap_or_default()),
            Kind::Number => Value::Number(json.as_f64().ok_or_else(|| number_error(json))?),
            Kind::Array => {
                let items = json.elements().map(|item| self.value(item, depth + 1));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            Kind::Object => Value::Map(self.members(json, depth + 1)?),
        })
    }
}

fn number_error(json: Json<'_>) -> ConfigurationError {
    ConfigurationError::Number(json.as_number().unwrap_or_default().chars().take(40).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::time::SystemTime;

    const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn surroundings(variable: Option<&str>, folder: Option<&Path>) -> Surroundings {
        Surroundings {
            configuration: variable.map(OsString::from),
            builder_folder: folder.map(Path::to_owned),
            peer: vec![("peer_id", "peer0".to_owned())],
            now: SystemTime::UNIX_EPOCH,
        }
    }

    fn text(value: &str) -> Value {
        Value::String(value.to_owned())
    }

    fn gathered(surroundings: &Surroundings) -> Result<Configuration, Error> {
        Configuration::gather(surroundings, Path::new("/nowhere/src"), "basic")
    }

    #[test]
    fn the_variable_wins_over_the_file_key_by_key() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.json"), r#"{"a":"file","b":1}"#).unwrap();
        let both = gathered(&surroundings(Some(r#"{"a":"variable","c":[null,true]}"#), Some(folder.path())))
            .unwrap();
        let data = both.data_for(&BTreeSet::new()).unwrap();
        assert_eq!(data["a"], text("variable"));
        assert_eq!(data["b"], Value::Number(1.0));
        assert_eq!(data["c"], Value::List(vec![Value::Null, Value::Bool(true)]));
        assert_eq!(both.keys().into_iter().collect::<Vec<_>>(), ["a", "b", "c", "peer_id"]);
    }

    #[test]
    fn no_configuration_is_told_from_an_empty_one() {
        for none in [None, Some(""), Some("null")] {
            assert_eq!(gathered(&surroundings(none, None)).unwrap().data_for(&BTreeSet::new()), None);
        }
        let empty = gathered(&surroundings(Some("{}"), None)).unwrap();
        assert_eq!(empty.data_for(&BTreeSet::new()), Some(BTreeMap::new()));
    }

    #[test]
    fn built_in_variables_appear_when_named_and_give_way_to_the_configuration() {
        let named = BTreeSet::from(["peer_id".to_owned()]);
        let built_in = gathered(&surroundings(None, None)).unwrap();
        assert_eq!(built_in.data_for(&named).unwrap()["peer_id"], text("peer0"));
        let configured = gathered(&surroundings(Some(r#"{"peer_id":"mine"}"#), None)).unwrap();
        assert_eq!(configured.data_for(&named).unwrap()["peer_id"], text("mine"));
    }

    #[test]
    fn the_scratch_folder_names_the_package_only_if_the_label_agrees() {
        let source = format!("/tmp/fabric-basic_1.0-{HASH}123/src");
        let variables = package_variables(Path::new(&source), "basic_1.0");
        assert_eq!(variables["package_label"], text("basic_1.0"));
        assert_eq!(variables["package_hash"], text(HASH));
        assert_eq!(variables["package_hash_short"], text(&HASH[..12]));
        assert!(package_variables(Path::new(&source), "other").is_empty());
        assert!(package_variables(Path::new("/src"), "basic_1.0").is_empty());
    }

    #[test]
    fn broken_configurations_are_named() {
        for (variable, message) in [
            (" ", "line 1, column 2: the document is empty"),
            ("[]", "it is an array, not an object"),
            (r#"{"a":1e400}"#, "the number 1e400 is out of range"),
            ("{} {}", "line 1, column 4: there is more text after the end of the JSON value"),
        ] {
            let error = gathered(&surroundings(Some(variable), None)).unwrap_err();
            assert_eq!(error.to_string(), format!("{CONFIGURATION_VARIABLE}: {message}"));
        }
        let deep = format!(
            r#"{{"a":{}{}}}"#,
            "[".repeat(MAX_CONFIGURATION_DEPTH),
            "]".repeat(MAX_CONFIGURATION_DEPTH)
        );
        assert_eq!(
            parse(deep.as_bytes()).unwrap_err().to_string(),
            "it has more than 200 nested arrays and objects"
        );
        let many = |count| format!(r#"{{"a":[{}]}}"#, vec!["1"; count].join(","));
        assert!(parse(many(MAX_CONFIGURATION_VALUES - 1).as_bytes()).is_ok());
        let error = parse(many(MAX_CONFIGURATION_VALUES).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 10000 values");
    }
}
