//! The catalogue is complete, unambiguous and documented.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use ccs_builder::ExitCode;

use crate::catalogue::{Catalogue, Entry};
use crate::explanation::plain;
use crate::pattern::places;

fn catalogue() -> Catalogue {
    Catalogue::load().unwrap()
}

fn ids(text: &str) -> Vec<String> {
    catalogue().explain(text).into_iter().map(|explanation| explanation.id).collect()
}

#[test]
fn every_example_is_recognised_by_its_own_entry_and_no_pattern_is_dead() {
    let catalogue = catalogue();
    let mut reached = HashSet::new();
    for entry in catalogue.entries() {
        assert!(!entry.examples.is_empty(), "{} has no example", entry.id);
        for example in &entry.examples {
            let line = plain(example);
            let recognised = catalogue.recognise(&line).unwrap_or_else(|| panic!("nobody knows {example}"));
            assert_eq!(recognised.entry.id, entry.id, "{example}");
            reached.insert(recognised.pattern);
        }
    }
    for (number, (entry, pattern)) in catalogue.patterns().iter().enumerate() {
        let id = &catalogue.entries()[*entry].id;
        assert!(reached.contains(&number), "no example of {id} needs {}", pattern.expression());
    }
}

#[test]
fn entries_are_unique_and_say_only_what_their_patterns_can_fill_in() {
    let catalogue = catalogue();
    let unique: BTreeSet<_> = catalogue.entries().iter().map(|entry| &entry.id).collect();
    assert_eq!(unique.len(), catalogue.entries().len());
    assert!(unique.len() >= 60, "{} entries", unique.len());
    for entry in catalogue.entries() {
        for text in [&entry.cause, &entry.remedy, &entry.next] {
            for place in places(text) {
                let filled = entry.patterns.iter().any(|pattern| places(pattern).contains(&place));
                assert!(filled, "{}: nothing fills {{{place}}}", entry.id);
            }
        }
    }
}

#[test]
fn every_exit_code_of_the_builder_is_explained_by_its_line_and_by_its_number() {
    for code in ExitCode::ALL {
        let number = code.number();
        if number < 10 {
            continue;
        }
        let by_line = ids(&format!("build basic_1.0: error {code}: why; hint: what"));
        let by_number = ids(&format!("external builder 'x' failed: exit status {number}"));
        assert_eq!(by_line, by_number, "{code}");
        assert!(by_line[0].starts_with("ccs-"), "{code}: {by_line:?}");
    }
}

#[test]
fn a_chain_is_explained_by_its_most_specific_part() {
    let chain = "Error: chaincode install failed with status: 500 - failed to invoke backing implementation of \
                 'InstallChaincode': could not build chaincode: external builder failed: external builder failed to \
                 build: external builder 'ccs-builder' failed: exit status 13";
    let explanations = catalogue().explain(chain);
    assert_eq!(explanations.len(), 1);
    assert_eq!(explanations[0].id, "ccs-address");
    assert_eq!(explanations[0].matched, "external builder 'ccs-builder' failed: exit status 13");
}

#[test]
fn a_text_that_was_broken_into_lines_is_put_together() {
    assert_eq!(ids("external builder\n    'ccs-builder' failed: exit\n    status 13"), ["ccs-address"]);
    assert!(ids("nothing\nof interest").is_empty());
}

#[test]
fn every_line_is_explained_once_and_a_log_in_json_too() {
    let log = "INFO starting\nWARN duplicate chaincodeID: a:b\nWARN duplicate chaincodeID: a:b\n\
               {\"msg\":\"map has no entry for key \\\"peer\\\"\"}\n";
    let explanations = catalogue().explain(log);
    let found: Vec<_> = explanations.iter().map(|one| (one.line, one.id.as_str())).collect();
    assert_eq!(found, [(2, "duplicate-chaincode"), (4, "template-key-missing")]);
    assert!(explanations[1].remedy.starts_with("Define peer in"), "{}", explanations[1].remedy);
}

#[test]
fn the_page_of_errors_is_the_catalogue() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let page = page(catalogue().entries());
    if std::env::var_os("CCS_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "docs/errors.md is out of date: `cargo xtask bless tests` writes it");
}

fn page(entries: &[Entry]) -> String {
    let mut page = String::from(
        "# What my peer says\n\n<!-- Made from crates/explain/src/catalogue.toml by `cargo xtask bless tests`. -->\n\n\
         `ccs explain \"THE TEXT\"` finds these texts in an error or in a whole log and says what is below, with names and\n\
         numbers filled in:\n\n```sh\nccs explain \"docker build failed: docker build is disabled\"\n```\n\n\
         ```sh not run: needs a peer\npeer lifecycle chaincode install basic.tgz 2>&1 | ccs explain\n\
         ccs explain < peer.log\n```\n\n\
         An error wraps its cause, so the last text that is known counts. Words in capitals stand for what differs.\n",
    );
    let mut area = "";
    for entry in entries {
        if entry.area != area {
            area = &entry.area;
            let _ = write!(page, "\n## {area}\n");
        }
        let _ = write!(page, "\n### {}\n\n", entry.id);
        for pattern in &entry.patterns {
            let _ = writeln!(page, "    {}", capitals(pattern));
        }
        let _ = write!(
            page,
            "\n{} {} Next: `{}`. ({})\n",
            capitals(&entry.cause),
            capitals(&entry.remedy),
            capitals(&entry.next),
            entry.source
        );
    }
    page
}

/// Writes places as words in capitals.
fn capitals(text: &str) -> String {
    places(text).into_iter().fold(text.to_owned(), |text, name| {
        let upper = name.to_uppercase();
        text.replace(&format!("{{{name}}}"), &upper).replace(&format!("{{{name}#}}"), &upper)
    })
}
