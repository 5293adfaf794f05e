//! Runs the queries of `cases/*.toml`, and compares keys, values or the error with the expected ones.
//!
//! A file contains documents and queries about them. The title of each case describes the expected behavior.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ccs_mango::{Query, QueryError, Row};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Stored values by key: JSON, or any other text.
    #[serde(default)]
    documents: BTreeMap<String, String>,
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    /// Selector, if the query contains nothing else.
    selector: Option<String>,
    query: Option<String>,
    keys: Option<Vec<String>>,
    values: Option<Vec<String>>,
    error: Option<String>,
    hint: Option<String>,
}

impl Case {
    fn query(&self) -> String {
        match (&self.selector, &self.query) {
            (Some(selector), None) => format!(r#"{{"selector": {selector}}}"#),
            (None, Some(query)) => query.clone(),
            _ => panic!("{}: give a selector or a query", self.title),
        }
    }

    fn check(&self, documents: &BTreeMap<String, String>) {
        let title = &self.title;
        match Query::parse(&self.query()) {
            Ok(query) => {
                assert_eq!(self.error, None, "{title}: it was accepted");
                let rows = rows(&query, documents);
                let keys: Vec<_> = rows.iter().map(|row| row.key.clone()).collect();
                assert_eq!(Some(&keys), self.keys.as_ref(), "{title}");
                if let Some(values) = &self.values {
                    let found: Vec<_> =
                        rows.into_iter().map(|row| String::from_utf8(row.value).unwrap()).collect();
                    assert_eq!(&found, values, "{title}");
                }
            }
            Err(error) => {
                assert_eq!(Some(error.to_string()), self.error, "{title}");
                if self.hint.is_some() {
                    assert_eq!(error.hint(), self.hint, "{title}");
                }
            }
        }
    }
}

fn rows(query: &Query, documents: &BTreeMap<String, String>) -> Vec<Row> {
    let documents =
        documents.iter().map(|(key, value)| Ok::<_, QueryError>((key.clone(), value.clone().into_bytes())));
    query.run(documents, "").unwrap().collect::<Result<_, _>>().unwrap()
}

fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name).with_extension("toml");
    let file: File = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    for case in &file.cases {
        case.check(&file.documents);
    }
}

#[test]
fn comparison() {
    check("comparison");
}

#[test]
fn negation() {
    check("negation");
}

#[test]
fn arrays_and_objects() {
    check("arrays-and-objects");
}

#[test]
fn values() {
    check("values");
}

#[test]
fn sort_and_fields() {
    check("sort-and-fields");
}

#[test]
fn errors() {
    check("errors");
}

#[test]
fn every_file_has_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 6);
}
