//! The packages that chaincode definitions refer to, from the JSON output of `peer lifecycle chaincode`.
//!
//! `queryinstalled` lists the packages of a peer, each with the committed definitions that use it on any channel. `queryapproved` names
//! the package of one approved definition. `querycommitted` does not contain packages (Fabric 3.1
//! `internal/peer/lifecycle/chaincode`), so its output is refused.

use std::collections::BTreeSet;
use std::path::Path;

use ccs_builder::input;
use serde_json::Value;

use crate::Error;
use crate::installed::InstalledPackage;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// The packages that definitions refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definitions {
    /// Packages in use.
    used: BTreeSet<String>,
    /// The packages of `queryinstalled`; [`None`] without its output.
    installed: Option<BTreeSet<String>>,
}

impl Definitions {
    /// Adds the documents in a file, one after the other.
    pub fn read(&mut self, path: &Path) -> Result<(), Error> {
        let content = input::read(path, MAX_FILE)
            .map_err(|source| Error::ReadDefinitions { path: path.to_owned(), source })?;
        self.parse(&content).map_err(|reason| Error::Definitions { path: path.to_owned(), reason })
    }

    fn parse(&mut self, content: &[u8]) -> Result<(), String> {
        let mut count = 0;
        for document in serde_json::Deserializer::from_slice(content).into_iter::<Value>() {
            self.add(document.map_err(|error| error.to_string())?)?;
            count += 1;
        }
        if count == 0 { Err("the file is empty".to_owned()) } else { Ok(()) }
    }

    fn add(&mut self, mut document: Value) -> Result<(), String> {
        let object = document.as_object_mut().ok_or("a document is not an object")?;
        // Without packages, queryinstalled prints an empty object.
        let installed = match object.remove("installed_chaincodes") {
            None if object.is_empty() => Some(Value::Array(Vec::new())),
            found => found,
        };
        if let Some(installed) = installed {
            let packages: Vec<InstalledPackage> = serde_json::from_value(installed)
                .map_err(|error| format!("installed_chaincodes: {error}"))?;
            self.add_installed(packages);
            return Ok(());
        }
        if let Some(source) = object.get("source") {
            return self.add_approved(source);
        }
        let is_committed = ["chaincode_definitions", "sequence"].iter().any(|key| object.contains_key(*key));
        Err(if is_committed {
            "it is the output of querycommitted, which contains no packages".to_owned()
        } else {
            "a document has neither installed_chaincodes nor source".to_owned()
        })
    }

    /// Adds the package of an approved definition, which may have none. Anything else is refused: an unread package would count as unused.
    fn add_approved(&mut self, source: &Value) -> Result<(), String> {
        let package = source.pointer("/Type/LocalPackage/package_id").and_then(Value::as_str);
        let is_without = source.pointer("/Type/Unavailable").is_some_and(Value::is_object);
        if package.is_none() && !is_without {
            return Err("source is not that of queryapproved".to_owned());
        }
        self.used.extend(package.map(str::to_owned));
        Ok(())
    }

    fn add_installed(&mut self, packages: Vec<InstalledPackage>) {
        let installed = self.installed.get_or_insert_default();
        for package in packages {
            if package.is_used() {
                self.used.insert(package.package_id.clone());
            }
            installed.insert(package.package_id);
        }
    }

    /// Returns whether the documents cover a package and none refers to it. A package that was installed later is not covered by the
    /// output of `queryinstalled`.
    #[must_use]
    pub fn is_unused(&self, package_id: &str) -> bool {
        let is_covered = self.installed.as_ref().is_none_or(|installed| installed.contains(package_id));
        is_covered && !self.used.contains(package_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Definitions, String> {
        let mut definitions = Definitions::default();
        definitions.parse(text.as_bytes()).map(|()| definitions)
    }

    #[test]
    fn a_package_is_used_if_any_document_says_so() {
        let installed = r#"{"installed_chaincodes":[
            {"package_id":"a:1","label":"a","references":{"one":{"chaincodes":[{"name":"a","version":"1"}]}}},
            {"package_id":"b:1","label":"b","references":{"one":{}}},
            {"package_id":"c:1","label":"c"}]}"#;
        let approved = r#"{"sequence":2,"source":{"Type":{"LocalPackage":{"package_id":"c:1"}}}}
            {"sequence":1,"source":{"Type":{"Unavailable":{}}}}"#;
        let both = parsed(&format!("{installed}{approved}")).unwrap();
        let unused = |definitions: &Definitions| {
            ["a:1", "b:1", "c:1", "later:1"]
                .into_iter()
                .filter(|id| definitions.is_unused(id))
                .collect::<Vec<_>>()
        };
        assert_eq!(unused(&both), ["b:1"]);
        assert_eq!(unused(&parsed(approved).unwrap()), ["a:1", "b:1", "later:1"]);
        assert!(unused(&parsed("{}").unwrap()).is_empty());
    }

    #[test]
    fn other_documents_are_refused() {
        for (text, reason) in [
            ("", "the file is empty"),
            ("[]", "a document is not an object"),
            ("{", "EOF while parsing an object at line 1 column 1"),
            (r#"{"a":1}"#, "a document has neither installed_chaincodes nor source"),
            (
                r#"{"chaincode_definitions":[]}"#,
                "it is the output of querycommitted, which contains no packages",
            ),
            (
                r#"{"sequence":1,"version":"1"}"#,
                "it is the output of querycommitted, which contains no packages",
            ),
            (r#"{"source":null}"#, "source is not that of queryapproved"),
            (r#"{"source":{"Type":{"Unavailable":null}}}"#, "source is not that of queryapproved"),
            (r#"{"source":{"Type":{"LocalPackage":{}}}}"#, "source is not that of queryapproved"),
            (
                r#"{"source":{"Type":{"LocalPackage":{"package_id":1}}}}"#,
                "source is not that of queryapproved",
            ),
            (r#"{"source":{"LocalPackage":{"package_id":"a:1"}}}"#, "source is not that of queryapproved"),
            (r#"{"installed_chaincodes":[{}]}"#, "installed_chaincodes: missing field `package_id`"),
        ] {
            assert_eq!(parsed(text).unwrap_err(), reason, "{text}");
        }
    }
}
