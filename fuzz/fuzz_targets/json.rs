//! The JSON reader accepts the same documents as `serde_json` with the same values, and can walk and format them.
#![no_main]

use ccs_files::json::{self, Json, Kind};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;

fuzz_target!(|document: &[u8]| {
    let ours = json::parse(document);
    if let Ok(text) = std::str::from_utf8(document) {
        compare(ours.as_ref().ok().copied(), text);
    }
    let Ok(json) = ours else { return };
    let compact = json.compact();
    let again = json::parse(&compact).expect("the compact output can be parsed");
    assert_eq!(walk(json), walk(again));
});

/// Compares with `serde_json`, which has more limits when it builds values than when it checks only the syntax.
fn compare(ours: Option<Json<'_>>, text: &str) {
    // For the syntax alone, none of the limits below applies, except for the depth, which is that of this reader and
    // of Go.
    let is_deep = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() >= json::MAX_DEPTH;
    if !is_deep {
        assert_eq!(
            ours.is_some(),
            serde_json::from_str::<IgnoredAny>(text).is_ok(),
            "only one of the two accepts"
        );
    }
    // For values, it rejects lone surrogates, numbers beyond float64 and more than 128 levels.
    if let (Some(ours), Ok(theirs)) = (ours, serde_json::from_str::<Value>(text)) {
        assert!(same(ours, &theirs), "the two read different values");
    }
}

fn same(ours: Json<'_>, theirs: &Value) -> bool {
    match theirs {
        Value::Null => ours.kind() == Kind::Null,
        Value::Bool(theirs) => ours.as_bool() == Some(*theirs),
        Value::Number(theirs) => ours.as_f64() == theirs.as_f64(),
        Value::String(theirs) => ours.as_str().as_ref() == Some(theirs),
        Value::Array(theirs) => {
            ours.kind() == Kind::Array
                && ours.elements().count() == theirs.len()
                && ours.elements().zip(theirs).all(|(ours, theirs)| same(ours, theirs))
        }
        Value::Object(theirs) => {
            // Both use the last of several members with the same key.
            let last = |key: &str| ours.members().filter(|(name, _)| name == key).last();
            ours.kind() == Kind::Object
                && ours.members().all(|(key, _)| theirs.contains_key(&key))
                && theirs.iter().all(|(key, theirs)| last(key).is_some_and(|(_, ours)| same(ours, theirs)))
        }
    }
}

/// Visits every value without recursion and describes it.
fn walk(json: Json<'_>) -> Vec<(Kind, Option<String>)> {
    let mut seen = Vec::new();
    let mut open = vec![json];
    // A walk visits a container once for each of its levels; the limit keeps deep documents from being slow.
    while let Some(json) = open.pop().filter(|_| seen.len() < 2_000) {
        let text = json.as_str().or_else(|| json.as_number().map(str::to_owned));
        seen.push((json.kind(), text));
        open.extend(json.elements());
        open.extend(json.members().map(|(_, value)| value));
    }
    seen
}
