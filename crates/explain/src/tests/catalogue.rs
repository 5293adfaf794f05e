//! What is recognized, and how it is explained.

use std::collections::BTreeSet;
use std::path::Path;

use ccs_builder::ExitCode;

use super::{catalogue, ids};
use crate::pattern::places;

#[test]
fn entries_are_unique_and_say_only_what_their_patterns_can_fill_in() {
    let catalogue = catalogue();
    let unique: BTreeSet<_> = catalogue.entries().iter().map(|entry| &entry.id).collect();
    assert_eq!(unique.len(), catalogue.entries().len());
    assert!(unique.len() >= 400, "{} entries", unique.len());
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
fn every_file_of_the_folder_is_compiled_in() {
    let catalogue = catalogue();
    let pages: BTreeSet<_> = catalogue.entries().iter().map(|entry| format!("{}.toml", entry.page)).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let files: BTreeSet<_> = std::fs::read_dir(folder).unwrap().map(name).collect();
    assert_eq!(pages, files);
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
fn an_exit_code_alone_is_explained() {
    for text in ["13", "exit status 13", "exit code 13", "exit code: 13", " 13\n"] {
        assert_eq!(ids(text), ["ccs-address"], "{text:?}");
    }
    assert!(ids("exit status 99").is_empty());
    assert!(ids("exit status").is_empty());
    assert!(ids("1300").is_empty());
}

#[test]
fn every_exit_code_of_the_documentation_is_explained() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/exit-codes.md");
    let page = std::fs::read_to_string(path).unwrap();
    let codes =
        page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()?.parse::<u8>().ok());
    let codes: BTreeSet<_> = codes.collect();
    assert!(codes.contains(&13) && codes.contains(&48) && codes.contains(&54), "{codes:?}");
    for code in codes {
        assert!(!ids(&code.to_string()).is_empty(), "nothing explains the exit code {code}");
    }
}

#[test]
fn names_of_entries_and_findings_are_explained() {
    let explanations = catalogue().explain("plaintext-remote");
    assert_eq!(explanations.len(), 1);
    assert_eq!(explanations[0].cause, "The peer connects to another host without TLS.");
    assert_eq!(explanations[0].source, "docs/lint.md of Fabric CCS");
    assert_eq!(explanations[0].next, "ccs lint FILE");
    let explanations = catalogue().explain("start-timeout");
    assert_eq!(explanations.len(), 1);
    assert!(explanations[0].next.ends_with("--id ID"), "{}", explanations[0].next);
    let explanations = catalogue().explain("gateway-disabled");
    assert_eq!(explanations.len(), 1);
    assert!(explanations[0].cause.starts_with("A peer answers, but `peer.gateway.enabled` is false"));
    assert_eq!(explanations[0].remedy, "The probe prints advice at its step gateway; see docs/probe.md.");
    // The doctor has a finding of the name of a peer's error.
    assert_eq!(ids("program-missing"), ["program-missing", "program-missing"]);
}

#[test]
fn a_place_that_the_pattern_lacks_is_a_word_in_capitals() {
    let explanations =
        catalogue().explain("could not launch chaincode: timeout expired while starting chaincode");
    assert_eq!(explanations[0].next, "ccs probe FILE --id ID");
}

#[test]
fn the_same_text_has_the_advice_of_its_line() {
    let text = "x509: certificate signed by unknown authority";
    for (before, id, after) in [
        ("", "unknown-authority", ""),
        ("could not launch chaincode basic_1.0:ab: ", "chaincode-authority-unknown", ""),
        ("Error: endorser client failed to connect to localhost:7051: ", "client-trusts-other-ca", ""),
        ("14 UNAVAILABLE: No connection established. Last error: ", "client-trusts-other-ca", ""),
        (
            "ERRO [comm.tls] ClientHandshake -> Client TLS handshake failed after 1ms with error: ",
            "handshake-trusts-other-ca",
            " remoteaddress=1.2.3.4:7050",
        ),
    ] {
        assert_eq!(ids(&format!("{before}{text}{after}")), [id]);
    }
    let refused = "Server TLS handshake failed in 1ms with error remote error: tls: bad certificate";
    assert_eq!(
        ids(&format!("{refused} server=PeerServer remoteaddress=1.2.3.4:5")),
        ["client-refuses-our-certificate"]
    );
    assert_eq!(
        ids("dial tcp 1.2.3.4:9999: remote error: tls: bad certificate"),
        ["client-certificate-refused"]
    );
}
