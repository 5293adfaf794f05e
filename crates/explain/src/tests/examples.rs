//! Every entry matches its examples, even with other names and numbers, and no line of a healthy node.

use std::collections::HashSet;

use super::{catalogue, ids};
use crate::catalogue::Recognized;
use crate::explanation::plain;

/// Lines from public threads, each after the entry that must explain it.
const THREADS: &str = include_str!("threads.tsv");

/// Lines at level INFO: the first 18 are quoted from Fabric's documentation. The others are written in the formats of Fabric's text
/// and JSON logs, and a release may word them differently.
const HEALTHY: &str = include_str!("healthy.log");

/// Names and numbers of samples, which differ from network to network and so are not part of a pattern.
const OF_SAMPLES: &[&str] = &[
    "mychannel",
    "mycc",
    "peer0",
    "org1",
    "Org1",
    "Org2",
    "example.com",
    "localhost",
    "127.0.0.1",
    "172.",
    ":7051",
    ":7050",
    "hyperledger/fabric-",
];

#[test]
fn every_example_is_recognized_by_its_own_entry_and_no_pattern_is_dead() {
    let catalogue = catalogue();
    let mut reached = HashSet::new();
    let mut wrong = Vec::new();
    for entry in catalogue.entries() {
        assert!(!entry.examples.is_empty() || entry.patterns.is_empty(), "{} has no example", entry.id);
        assert!(!entry.patterns.is_empty() || !entry.exit_codes.is_empty(), "{} cannot be reached", entry.id);
        for example in &entry.examples {
            match catalogue.recognize(&plain(example)) {
                Some(one) if one.entry.id == entry.id => drop(reached.insert(one.pattern)),
                Some(one) => wrong.push(format!("{} is recognized as {}: {example}", entry.id, one.entry.id)),
                None => wrong.push(format!("no entry recognizes the {} in {example}", entry.id)),
            }
        }
    }
    for (number, (entry, pattern)) in catalogue.patterns().iter().enumerate() {
        assert!(pattern.compiled().is_some(), "{} is not a regular expression", pattern.expression());
        if !reached.contains(&number) {
            let id = &catalogue.entries()[*entry].id;
            wrong.push(format!("no example of {id} needs {}", pattern.expression()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_names_addresses_and_numbers_change_nothing() {
    let catalogue = catalogue();
    let mut wrong = Vec::new();
    for entry in catalogue.entries() {
        for example in &entry.examples {
            let line = plain(example);
            let Some(recognized) = catalogue.recognize(&line) else { continue };
            let other = varied(&line, &recognized);
            let again = catalogue.recognize(&other).map(|one| one.entry.id.as_str());
            if again != Some(entry.id.as_str()) {
                wrong.push(format!("{} is taken for {again:?}: {other}", entry.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the line with other values in the places of what was recognized, and with other numbers around it.
fn varied(line: &str, recognized: &Recognized<'_, '_>) -> String {
    let (places, matched) = (&recognized.found.places, &recognized.found.range);
    // The port of CouchDB shows the context.
    let marks: Vec<_> = line.match_indices(":5984").map(|(start, mark)| start..start + mark.len()).collect();
    let next = |character: char| match character {
        'z' => 'a',
        'Z' => 'A',
        '9' => '1',
        _ if character.is_ascii_alphanumeric() => char::from(character as u8 + 1),
        _ => character,
    };
    let vary = |(position, character): (usize, char)| {
        let is_value = places.iter().any(|place| place.contains(&position));
        let is_kept = matched.contains(&position) || marks.iter().any(|mark| mark.contains(&position));
        let is_around = character.is_ascii_digit() && !is_kept;
        if is_value || is_around { next(character) } else { character }
    };
    line.char_indices().map(vary).collect()
}

#[test]
fn patterns_hold_no_names_of_samples() {
    for entry in catalogue().entries() {
        for pattern in &entry.patterns {
            assert!(!OF_SAMPLES.iter().any(|name| pattern.contains(name)), "{}: {pattern}", entry.id);
        }
    }
}

#[test]
fn lines_of_public_threads_are_explained() {
    let lines: Vec<_> = THREADS.lines().collect();
    assert_eq!(lines.len(), 25);
    for line in lines {
        let (id, text) = line.split_once('\t').unwrap();
        assert_eq!(ids(text).first().map(String::as_str), Some(id), "{text}");
    }
}

#[test]
fn a_healthy_node_has_nothing_to_explain() {
    let catalogue = catalogue();
    assert!(HEALTHY.lines().count() >= 40);
    for line in HEALTHY.lines() {
        let line = plain(line);
        let found = catalogue.recognize(&line).map(|one| one.entry.id.as_str());
        assert_eq!(found, None, "{line}");
    }
}
