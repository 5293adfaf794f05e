//! Packages that were made to do harm, or that broke on their way: every command on packages ends with a code and a
//! message.

use std::fs;

use assert_cmd::Command;
use proptest::prelude::*;

use crate::archive::{self, Entry, METADATA, file, tgz};
use crate::folder::Folder;
use crate::{stderr, stdout};

/// Runs every command that reads a package; returns what they printed.
fn run_all(folder: &Folder, package: &[u8]) -> String {
    let (package, other) = (folder.write("x.tgz", package), folder.write("other.tgz", other()));
    let target = folder.path("target");
    let mut printed = String::new();
    for arguments in [
        &["id", &package][..],
        &["inspect", &package],
        &["lint", &package],
        &["lint", &package, "--json"],
        &["render", &package, "--peer", "peer0"],
        &["render", &package, "--peer", "peer0", "--json"],
        &["diff", &package, &other],
        &["diff", &other, &package, "--json"],
        &["unpack", &package, &target],
    ] {
        // In color: without, every escape is taken out of what is printed, including unintended ones.
        let output =
            Command::cargo_bin("ccs").unwrap().args(arguments).env("CLICOLOR_FORCE", "1").output().unwrap();
        let code = output.status.code();
        assert!(
            code.is_some_and(|code| code != 101),
            "{arguments:?} ended with {code:?}: {}",
            stderr(&output)
        );
        let has_words = code == Some(0) || !stderr(&output).is_empty() || !stdout(&output).is_empty();
        assert!(has_words, "{arguments:?} ended with {code:?} and not a word");
        printed.push_str(&without_colors(&stdout(&output)));
        printed.push_str(&without_colors(&stderr(&output)));
    }
    if fs::exists(&target).unwrap() {
        fs::remove_dir_all(&target).unwrap();
    }
    printed
}

/// Removes the sequences that only change the color.
fn without_colors(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.strip_prefix('[').and_then(|rest| rest.split_once('m')) {
            Some((numbers, rest)) if numbers.bytes().all(|b| b.is_ascii_digit() || b == b';') => {
                plain.push_str(rest);
            }
            _ => plain.extend(["\u{1b}", part]),
        }
    }
    plain
}

fn other() -> Vec<u8> {
    archive::package(METADATA, &[file("connection.json", r#"{"address":"a:1"}"#)])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn damaged_bytes_are_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
                                  end in any::<prop::sample::Index>(), compressed in any::<bool>()) {
        let folder = Folder::new();
        let mut bytes = if compressed { other() } else { archive::gunzip(&other()) };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len() * 4).min(bytes.len()));
        run_all(&folder, &if compressed { bytes } else { archive::gzip(&bytes) });
    }

    #[test]
    fn strange_documents_are_survived_and_never_steer_a_terminal(
        connection in r#"\PC{0,40}|\{"(address|root_cert|client_key|x\\u001b)":("\{\{.{0,9}"|"[^"\\]{0,9}"|\[{0,9}|1e999)\}?"#,
        kind in prop::sample::select(vec!["ccaas", "external", "CCAAS", "golang", "\\u001b[2J"]),
        name in prop::collection::vec(1..=255_u8, 1..20),
    ) {
        let folder = Folder::new();
        let metadata = format!(r#"{{"type":"{kind}","label":"a"}}"#);
        let code = [file("connection.json", connection), file(name, "\u{1b}[2J")];
        let printed = run_all(&folder, &archive::package(&metadata, &code));
        prop_assert!(!printed.contains('\u{1b}'), "{printed:?}");
    }
}

#[test]
fn deep_and_wide_documents_are_survived() {
    let folder = Folder::new();
    let deep = format!(r#"{{"address":"a:1","x":{}{}}}"#, "[".repeat(9_000), "]".repeat(9_000));
    let wide = format!(r#"{{"address":"a:1"{}}}"#, r#","x":1"#.repeat(20_000));
    for connection in [deep, wide] {
        let package = archive::package(METADATA, &[file("connection.json", connection)]);
        assert!(run_all(&folder, &package).contains("connection.json"));
    }
}

#[test]
fn a_key_is_printed_by_no_command_wherever_it_stands() {
    let folder = Folder::new();
    let key = "-----BEGIN PRIVATE KEY-----\\nSECRETSECRET\\n-----END PRIVATE KEY-----\\n";
    for connection in [
        format!(r#"{{"address":"a:1","client_key":"{key}"}}"#),
        format!(r#"{{"address":"a:1","tls_required":true,"root_cert":"{key}"}}"#),
        format!(
            r#"{{"address":"a:1","tls_required":true,"client_auth_required":true,"root_cert":"x","client_cert":"{key}","client_key":"{key}"}}"#
        ),
        format!(r#"{{"address":"a:1","spare":{{"pem":["{key}"]}}}}"#),
        r#"{"address":"a:1","password":"SECRETSECRET"}"#.to_owned(),
    ] {
        let package = archive::package(METADATA, &[file("connection.json", &connection)]);
        let printed = run_all(&folder, &package);
        assert!(!printed.contains("SECRETSECRET"), "{connection}: {printed}");
    }
    let as_file = tgz(&[file("metadata.json", METADATA), file("code.tar.gz", tgz(&[file("a.key", key)]))]);
    assert!(!run_all(&folder, &as_file).contains("SECRETSECRET"));
    let links = Entry { kind: tar::EntryType::Link, ..file("connection.json", "") };
    run_all(&folder, &archive::package(METADATA, &[links]));
}
