//! Replays how Go's `encoding/json` and `time.ParseDuration` parsed about three thousand inputs.
//!
//! `conformance/go-json` writes the record.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::collections::BTreeSet;

use ccs_files::GoDuration;
use ccs_files::json::{self, ObjectWriter};
use serde::Deserialize;

#[derive(Deserialize)]
struct Record {
    documents: Vec<Document>,
    durations: Vec<Duration>,
}

#[derive(Deserialize)]
struct Document {
    input: String,
    accepted: bool,
    valid: bool,
    text: String,
    flag: bool,
    again: String,
    keys: BTreeSet<String>,
    number: String,
}

#[derive(Deserialize)]
struct Duration {
    input: String,
    accepted: bool,
    nanoseconds: String,
    written: String,
}

fn record() -> Record {
    serde_json::from_str(include_str!("go-json.json")).unwrap()
}

/// The values that Go stores in the struct of the recorder, or nothing if Go rejects the input.
struct Fields {
    text: String,
    flag: bool,
    number: Option<f64>,
}

fn fields(json: json::Json<'_>) -> Option<Fields> {
    if json.kind() == json::Kind::Null {
        return Some(Fields { text: String::new(), flag: false, number: None });
    }
    let object = json.as_object()?;
    // An interface{} accepts any value, except a number beyond float64 at any level.
    let readable = object.all("number").all(numbers_fit);
    let number = object.all("number").last().and_then(json::Json::as_f64);
    readable.then_some(())?;
    Some(Fields {
        text: object.string("link_text").ok()?.unwrap_or_default(),
        flag: object.boolean("task_flag").ok()?.unwrap_or_default(),
        number,
    })
}

fn numbers_fit(json: json::Json<'_>) -> bool {
    (json.as_number().is_none() || json.as_f64().is_some())
        && json.elements().all(numbers_fit)
        && json.members().all(|(_, value)| numbers_fit(value))
}

#[test]
fn documents_are_read_as_go_reads_them() {
    for case in record().documents {
        let input = base64(&case.input);
        let shown = String::from_utf8_lossy(&input[..input.len().min(200)]).into_owned();
        let parsed = json::parse(&input);
        assert_eq!(parsed.is_ok(), case.valid, "grammar of {shown}");
        let Ok(json) = parsed else { continue };
        let read = fields(json);
        assert_eq!(read.is_some(), case.accepted, "types of {shown}");
        let Some(read) = read else { continue };
        assert_eq!((read.text.as_str(), read.flag), (case.text.as_str(), case.flag), "values of {shown}");
        if !case.number.is_empty() {
            assert_eq!(read.number, Some(case.number.parse().unwrap()), "number of {shown}");
        }
        let again = ObjectWriter::default().string("t", &read.text).finish();
        assert_eq!(String::from_utf8(again).unwrap(), case.again, "text of {shown}");
        let keys: BTreeSet<String> = json.members().map(|(key, _)| key).collect();
        assert_eq!(keys, case.keys, "keys of {shown}");
    }
}

#[test]
fn durations_are_read_and_written_as_go_does() {
    for case in record().durations {
        match case.input.parse::<GoDuration>() {
            Ok(duration) => {
                assert!(case.accepted, "{:?} is accepted", case.input);
                let found = (duration.nanoseconds().to_string(), duration.to_string());
                assert_eq!(found, (case.nanoseconds, case.written), "{:?}", case.input);
            }
            Err(error) => assert!(!case.accepted, "{:?} is refused: {error}", case.input),
        }
    }
}

#[test]
fn the_record_holds_what_it_should() {
    let record = record();
    let accepted = record.documents.iter().filter(|case| case.accepted).count();
    let durations = record.durations.iter().filter(|case| case.accepted).count();
    assert!(record.documents.len() > 1_500 && accepted > 200, "{accepted} of {}", record.documents.len());
    assert!(record.durations.len() > 1_300 && durations > 200, "{durations} of {}", record.durations.len());
}

/// Decodes standard base64, which the recorder uses.
fn base64(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, &letter| bits << 6 | u32::from(value(letter)));
        let bits = bits << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
