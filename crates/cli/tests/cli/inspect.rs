//! `ccs inspect`.

use std::fs;

use assert_cmd::Command;

use crate::archive::{self, METADATA, file};
use crate::folder::Folder;
use crate::{ccs, stderr, stdout};

/// Compares with a snapshot, without the parts that differ from run to run.
macro_rules! assert_shown {
    ($name:expr, $output:expr) => {
        insta::with_settings!({filters => vec![
            (r"\b[0-9a-f]{64}\b", "[hash]"),
            (r"/[^ ]*/basic\.tgz", "[folder]/basic.tgz"),
            (r#""file": ".*/"#, r#""file": "[folder]/"#),
            (r"\d+ bytes", "[size] bytes"),
            (r#""bytes": \d+"#, r#""bytes": [size]"#),
            (r" +\d{3,}  connection.json", "  [size]  connection.json"),
            (r#"("path": "connection.json",\s+"kind": "file",\s+"mode": "0644",\s+"size": )\d+"#, "$1[size]"),
            (r"\d{4}-\d\d-\d\d(T[0-9:]+Z)?", "[moment]"),
            (r#""serial": "[0-9a-f]+""#, r#""serial": "[serial]""#),
        ]}, { insta::assert_snapshot!($name, $output) })
    };
}

#[test]
fn a_package_is_shown_without_its_key() {
    let folder = Folder::new();
    let (package, id) = folder.full_package();
    let output = ccs(&["inspect", &package]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_shown!("inspect_text", stdout(&output));
    assert!(stdout(&output).contains(&id));
    assert_eq!(stderr(&output), format!("next: ccs lint {package}\n"));
    let json = ccs(&["inspect", &package, "--json"]);
    assert_eq!(stderr(&json), "");
    assert_shown!("inspect_json", stdout(&json));
    let key = fs::read_to_string(folder.path("peer.key")).unwrap();
    let secret = key.lines().nth(1).unwrap();
    for shown in [stdout(&output), stdout(&json)] {
        assert!(!shown.contains(secret) && !shown.contains("PRIVATE KEY"), "{shown}");
    }
}

#[test]
fn hostile_names_and_values_are_escaped() {
    let folder = Folder::new();
    let connection = r#"{"address":"\u001b[2Ja:1","\u001b]0;x":1}"#;
    let code = [file("connection.json", connection), file(b"\x1b[31m\xff", "")];
    let metadata = r#"{"type":"cc\u001b[1maas","label":"basic_1.0"}"#;
    let package = folder.write("basic.tgz", archive::package(metadata, &code));
    let output = ccs(&["inspect", &package]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_shown!("inspect_hostile", stdout(&output));
    let colors =
        Command::cargo_bin("ccs").unwrap().args(["inspect", &package]).env("CLICOLOR_FORCE", "1").output();
    let colors = colors.unwrap();
    let escapes = [stdout(&colors), stderr(&colors)].concat();
    let escapes: Vec<_> = escapes.split('\x1b').skip(1).map(|rest| &rest[..3]).collect();
    assert!(
        !escapes.is_empty() && escapes.iter().all(|escape| ["[0m", "[1m", "[2m", "[33"].contains(escape)),
        "{escapes:?}"
    );
}

#[test]
fn what_cannot_be_shown_is_said_and_the_rest_is_shown() {
    let folder = Folder::new();
    let connection = r#"{"address":"{{.host","tls_required":true,"root_cert":"ca.pem"}"#;
    let package =
        folder.write("basic.tgz", archive::package(METADATA, &[file("connection.json", connection)]));
    let output = ccs(&["inspect", &package]);
    assert!(output.status.success());
    let told = stderr(&output);
    let expected =
        "warning: root_cert cannot be read: there is no PEM block in it: the value is the path of a file\n";
    assert!(told.contains(expected), "{told}");
    assert!(told.contains("warning: the template in address: "), "{told}");
    let no_connection = folder.write("none.tgz", archive::package(METADATA, &[file("x", "")]));
    let told = stderr(&ccs(&["inspect", &no_connection]));
    assert!(told.starts_with("warning: connection.json cannot be read: there is no such file\n"), "{told}");
    let foreign =
        archive::package(r#"{"type":"golang","label":"go"}"#, &[file("src/main.go", "package main")]);
    let foreign = folder.write("go.tgz", foreign);
    let output = ccs(&["inspect", &foreign]);
    assert_eq!(stderr(&output), format!("next: ccs lint {foreign}\n"));
}

#[test]
fn what_a_peer_refuses_is_refused_with_its_code() {
    let folder = Folder::new();
    let bad_label = archive::package(r#"{"type":"ccaas","label":"a b"}"#, &[file("connection.json", "{}")]);
    let link =
        archive::package(METADATA, &[archive::Entry { kind: tar::EntryType::Symlink, ..file("x", "") }]);
    for (content, code, message) in [
        (b"plainly no package".to_vec(), 1, "the package is not a gzip file: "),
        (bad_label, 10, "metadata.json: label \"a b\" contains ' '\n"),
        (link, 1, "code.tar.gz holds \"x\", which is a symbolic link\n"),
    ] {
        let package = folder.write("bad.tgz", content);
        let output = ccs(&["inspect", &package]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).starts_with(&format!("error: {package}: {message}")), "{}", stderr(&output));
        assert!(stdout(&output).is_empty());
    }
    let output = ccs(&["inspect", "/dev/null"]);
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(20), "error: /dev/null is not a file\n")
    );
}
