//! `ccs diff`.

use serde_json::{Value, json};

use crate::archive::{self, Entry, METADATA, file, tgz};
use crate::folder::{Folder, SelfSigned};
use crate::{ccs, stderr, stdout};

/// Compares two packages and returns the differences.
fn differences(folder: &Folder, a: &[u8], b: &[u8]) -> Vec<Value> {
    let (a, b) = (folder.write("a.tgz", a), folder.write("b.tgz", b));
    let output = ccs(&["diff", &a, &b, "--json"]);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(1), ""));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["same"], false);
    document["differences"].as_array().unwrap().clone()
}

/// The parts of each difference that identify it.
fn shape(differences: &[Value]) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    differences.iter().map(|it| (text(&it["kind"]), text(&it["at"]), text(&it["field"]))).collect()
}

fn row(kind: &str, at: &str, field: &str) -> (String, String, String) {
    (kind.to_owned(), at.to_owned(), field.to_owned())
}

const CONNECTION: &str = r#"{"address":"basic:9999","tls_required":false}"#;

#[test]
fn the_same_package_is_the_same() {
    let folder = Folder::new();
    let options = ["--label", "basic_1.0", "--address", "basic:9999"];
    let (a, id) = folder.package("a.tgz", &options);
    let (b, _) = folder.package("b.tgz", &options);
    let output = ccs(&["diff", &a, &b]);
    assert!(output.status.success());
    assert_eq!(stdout(&output), format!("  A  {id}  {a}\n  B  {id}  {b}\n\nthe same package\n"));
    assert_eq!(stderr(&output), format!("next: ccs inspect {b}\n"));
    let json: Value = serde_json::from_slice(&ccs(&["diff", &a, &b, "--json"]).stdout).unwrap();
    assert_eq!((&json["same"], &json["differences"]), (&json!(true), &json!([])));
}

#[test]
fn contents_entries_and_headers_are_told_in_words() {
    let folder = Folder::new();
    let other = CONNECTION.replace("false", "true").replace('{', "{\"dial_timeout\":\"10s\",");
    let a = [file("connection.json", CONNECTION), file("data", "abc"), file("only-a", "")];
    let b = [
        Entry { mode: 0o600, owner: 1000, mtime: 1_700_000_000, ..file("./data", "abd") },
        Entry { mtime: 1_700_000_000, ..file("./connection.json", other) },
    ];
    let a = folder.write("a.tgz", archive::package(METADATA, &a));
    let b = folder.write("b.tgz", archive::package(r#"{"type":"ccaas","label":"basic_1.1"}"#, &b));
    let output = ccs(&["diff", &a, &b]);
    assert_eq!(output.status.code(), Some(1));
    insta::with_settings!({filters => vec![
        (r"[0-9a-f]{64}  /[^\n]*/", "[hash]  [folder]/"),
    ]}, { insta::assert_snapshot!("diff_text", stdout(&output)) });
}

#[test]
fn every_field_of_a_header_is_compared() {
    let folder = Folder::new();
    let plain = file("connection.json", CONNECTION);
    let package = |entry: Entry| archive::package(METADATA, &[entry]);
    let a = package(plain.clone());
    for (entry, fields) in [
        (Entry { mode: 0o600, ..plain.clone() }, &["mode"][..]),
        (Entry { owner: 7, ..plain.clone() }, &["uid", "gid"]),
        (Entry { mtime: 7, ..plain.clone() }, &["mtime"]),
        (Entry { name: b"./connection.json".to_vec(), ..plain.clone() }, &["name"]),
    ] {
        let expected: Vec<_> = fields.iter().map(|field| row("header", "code.tar.gz", field)).collect();
        assert_eq!(shape(&differences(&folder, &a, &package(entry))), expected);
    }
    let many = |mtime| {
        let entries = (0..9).map(|number| Entry { mtime, ..file(format!("f{number}"), "") });
        archive::package(METADATA, &entries.collect::<Vec<_>>())
    };
    let found = differences(&folder, &many(0), &many(1));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["entries"], json!(["f0", "f1", "f2", "f3", "f4"]));
    assert_eq!(found[0]["count"], 9);
    assert_eq!(
        (&found[0]["a"], &found[0]["b"]),
        (&json!("1970-01-01T00:00:00Z"), &json!("1970-01-01T00:00:01Z"))
    );
}

#[test]
fn order_compression_and_its_header_are_compared() {
    let folder = Folder::new();
    let (metadata, code) =
        (file("metadata.json", METADATA), [file("connection.json", CONNECTION), file("x", "")]);
    let package = tgz(&[metadata.clone(), file("code.tar.gz", tgz(&code))]);
    let turned = tgz(&[file("code.tar.gz", tgz(&code)), metadata.clone()]);
    assert_eq!(shape(&differences(&folder, &package, &turned)), [row("order", "package", "")]);
    let turned_code = [code[1].clone(), code[0].clone()];
    let turned = tgz(&[metadata.clone(), file("code.tar.gz", tgz(&turned_code))]);
    assert_eq!(shape(&differences(&folder, &package, &turned)), [row("order", "code.tar.gz", "")]);

    let mut stamped = package.clone();
    stamped[4] = 9;
    stamped[9] = 3;
    let found = shape(&differences(&folder, &package, &stamped));
    assert_eq!(found, [row("gzip", "package", "mtime"), row("gzip", "package", "system")]);
    let padded = archive::gzip(&[archive::gunzip(&package), vec![0; 512]].concat());
    assert_eq!(shape(&differences(&folder, &package, &padded)), [row("compression", "package", "")]);
    let padded = archive::gzip(&[archive::gunzip(&tgz(&code)), vec![0; 51_200]].concat());
    let padded = tgz(&[metadata, file("code.tar.gz", padded)]);
    assert_eq!(shape(&differences(&folder, &package, &padded)), [row("compression", "code.tar.gz", "")]);
}

#[test]
fn secrets_are_compared_and_never_shown() {
    let folder = Folder::new();
    let pair = SelfSigned::new("peer0", &[], 400);
    let other = SelfSigned::new("peer0", &[], 400);
    let package = |key: &str, space: &str| {
        let connection = json!({ "address": "a:1", "client_key": key }).to_string() + space;
        archive::package(METADATA, &[file("connection.json", connection)])
    };
    let a = package(&pair.key, "");
    for (b, line) in [
        (package(&other.key, ""), "a secret differs"),
        (package(&pair.key, " \n"), "only white space differs"),
    ] {
        let found = differences(&folder, &a, &b);
        assert_eq!(found[0]["lines"], json!([line]));
        assert!(!json!(found).to_string().contains("BEGIN"), "{found:?}");
    }
    let secret = |text: &str| archive::package(METADATA, &[file("key.pem", text)]);
    let found = differences(&folder, &secret(&pair.key), &secret(&other.key));
    assert!(
        found[0]["lines"][0].as_str().unwrap().starts_with("the first difference is at byte "),
        "{found:?}"
    );
}

#[test]
fn what_cannot_be_read_is_not_taken_for_a_difference() {
    let folder = Folder::new();
    let (good, _) = folder.package("good.tgz", &["--label", "a", "--address", ":1"]);
    let broken = folder.write("broken.tgz", "no package");
    let nowhere = folder.path("nowhere.tgz");
    for bad in [&broken, &nowhere] {
        for arguments in [["diff", &good, bad], ["diff", bad, &good]] {
            let output = ccs(&arguments);
            assert_eq!(output.status.code(), Some(20), "{}", stderr(&output));
            assert!(stderr(&output).starts_with("error: ") && stdout(&output).is_empty());
        }
    }
}
