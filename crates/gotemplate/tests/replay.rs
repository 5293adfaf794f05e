//! Replays the results of Go's `text/template` (recorded by `conformance/go-template`) with this engine.
//!
//! A case that this engine rejects but Go renders must be in `tests/unsupported.json` with a reason; a case with a
//! different output always fails. The variable `CCS_GOTEMPLATE_RECORD` names one more file to replay, such as the
//! output of `go run . fuzz`; cases that this engine declines are printed.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ccs_gotemplate::{Limits, ParseErrorKind, RenderError, Template, Value};
use serde_json::Value as Json;

/// The result of a case.
#[derive(Debug, PartialEq)]
enum Outcome {
    Output(Vec<u8>),
    /// Both Go and this engine reject it; the text is only for the report.
    Refused(&'static str, String),
    /// This engine rejects it for a limit or a missing construct.
    Declined(String),
}

struct Case {
    id: String,
    template: String,
    data: Option<BTreeMap<String, Value>>,
    expected: Outcome,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn read_json(path: &Path) -> Json {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Number(number.as_f64().unwrap()),
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(map) => Value::Map(map.iter().map(|(key, item)| (key.clone(), value(item))).collect()),
    }
}

fn data(text: &str) -> BTreeMap<String, Value> {
    match value(&serde_json::from_str(text).unwrap()) {
        Value::Map(map) => map,
        other => panic!("data is not an object: {other:?}"),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<usize> =
        text.bytes().filter_map(|byte| ALPHABET.iter().position(|&digit| digit == byte)).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bytes
            .extend((0..group.len() - 1).map(|index| u8::try_from(bits >> (16 - 8 * index) & 0xff).unwrap()));
    }
    bytes
}

fn expected(case: &Json) -> Outcome {
    if let Some(text) = case["output"].as_str() {
        return Outcome::Output(text.as_bytes().to_vec());
    }
    if let Some(text) = case["output_base64"].as_str() {
        return Outcome::Output(base64(text));
    }
    let phase = if case["error"] == "parse" { "parse" } else { "execute" };
    Outcome::Refused(phase, case["message"].as_str().unwrap_or_default().to_string())
}

fn cases(path: &Path) -> Vec<Case> {
    let record = read_json(path);
    let case = |case: &Json| Case {
        id: case["id"].as_str().unwrap().to_string(),
        template: case["template"].as_str().unwrap().to_string(),
        data: case["data"]
            .as_u64()
            .map(|index| data(record["data"][usize::try_from(index).unwrap()].as_str().unwrap())),
        expected: expected(case),
    };
    record["cases"].as_array().unwrap().iter().map(case).collect()
}

fn run(case: &Case) -> Outcome {
    let template = match Template::parse(&case.template) {
        Ok(template) => template,
        Err(error) if error.kind == ParseErrorKind::Syntax => {
            return Outcome::Refused("parse", error.to_string());
        }
        Err(error) => return Outcome::Declined(error.to_string()),
    };
    match template.render(case.data.as_ref(), &Limits::default()) {
        Ok(output) => Outcome::Output(output),
        Err(error @ (RenderError::Limit { .. } | RenderError::Unsupported { .. })) => {
            Outcome::Declined(error.to_string())
        }
        Err(error) => Outcome::Refused("execute", error.to_string()),
    }
}

/// Compares one file; returns the number of cases, and the ID and reason of those declined although Go renders them.
fn replay(path: &Path, failures: &mut Vec<String>) -> (usize, Vec<(String, String)>) {
    let cases = cases(path);
    let mut declined = Vec::new();
    for case in &cases {
        let actual = run(case);
        match (&case.expected, &actual) {
            (Outcome::Output(expected), Outcome::Output(actual)) if expected == actual => {}
            (Outcome::Refused(expected, _), Outcome::Refused(actual, _)) if expected == actual => {}
            (Outcome::Refused(..), Outcome::Declined(_)) => {}
            (Outcome::Output(_), Outcome::Declined(_)) => declined.push((case.id.clone(), show(&actual))),
            (expected, _) => failures.push(format!(
                "{}\n  template {:?}\n  go   {}\n  ours {}",
                case.id,
                shorten(&case.template),
                shorten(&show(expected)),
                shorten(&show(&actual))
            )),
        }
    }
    (cases.len(), declined)
}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Output(bytes) => format!("output {:?}", String::from_utf8_lossy(bytes)),
        Outcome::Refused(phase, message) => format!("{phase} error: {message}"),
        Outcome::Declined(message) => format!("declined: {message}"),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(700).collect()
}

fn corpus() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder("corpus")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_recorded_case_is_rendered_as_go_renders_it_or_refused() {
    let by_reason: BTreeMap<String, Vec<String>> =
        serde_json::from_value(read_json(&folder("unsupported.json"))).unwrap();
    let listed: Vec<String> = by_reason.into_values().flatten().collect();
    let mut failures = Vec::new();
    let mut declined = Vec::new();
    let mut total = 0;
    for path in corpus() {
        let (count, mut ids) = replay(&path, &mut failures);
        total += count;
        declined.append(&mut ids);
    }
    let unlisted: Vec<_> = declined.iter().filter(|(id, _)| !listed.contains(id)).collect();
    let stale: Vec<&String> =
        listed.iter().filter(|id| !declined.iter().any(|(other, _)| other == *id)).collect();
    if let Some(path) = std::env::var_os("CCS_GOTEMPLATE_RECORD") {
        let (count, ids) = replay(Path::new(&path), &mut failures);
        println!("{count} more cases, {} declined: {ids:?}", ids.len());
    }
    assert!(
        failures.is_empty(),
        "{} of {total} differ:\n{}",
        failures.len(),
        failures[..failures.len().min(40)].join("\n")
    );
    assert!(unlisted.is_empty(), "declined but not listed as unsupported: {unlisted:?}");
    assert!(stale.is_empty(), "listed as unsupported but rendered: {stale:?}");
    assert!(total > 1000, "only {total} cases");
}

#[test]
fn every_everyday_case_agrees_with_go() {
    let mut failures = Vec::new();
    let (count, declined) = replay(&folder("corpus").join("everyday.json"), &mut failures);
    assert_eq!((failures, declined), (Vec::new(), Vec::new()));
    assert!(count >= 450, "only {count} everyday cases");
}
