//! `ccs lint`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::{Value, json};

use crate::archive::{self, Entry, METADATA, file, folder, tgz};
use crate::folder::{Folder, SelfSigned};
use crate::{ccs, stderr, stdout};

/// Lints and returns the exit code with the document.
fn lint(subject: &str) -> (i32, Value) {
    let output = ccs(&["lint", subject, "--json"]);
    assert_eq!(stderr(&output), "");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = output.status.code().unwrap();
    assert_eq!(document["exit_code"], code);
    (code, document)
}

/// The names of the findings, in their order.
fn names(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap()).collect()
}

/// Lints a package of connection.json and metadata.json.
fn lint_package(folder: &Folder, metadata: &str, connection: &str) -> (i32, Value) {
    let package = archive::package(metadata, &[file("connection.json", connection)]);
    lint(&folder.write("basic.tgz", package))
}

const PLAIN: &str = r#"{"address":"{{.peer_id}}.basic:9999"}"#;

#[test]
fn a_good_package_has_no_errors_and_the_next_step_is_named() {
    let folder = Folder::new();
    let (package, id) = folder.full_package();
    let output = ccs(&["lint", &package]);
    assert!(output.status.success());
    insta::with_settings!({filters => vec![(r"/[^ \n]*/basic", "[folder]/basic")]}, {
        insta::assert_snapshot!("lint_good", stdout(&output));
    });
    assert_eq!(stderr(&output), format!("next: ccs render {package}\n"));
    let (code, document) = lint(&package);
    assert_eq!((code, &document["package_id"]), (0, &json!(id)));
    assert_eq!(names(&document), ["configuration-needed", "private-key-inside", "label-kubernetes"]);
}

#[test]
fn all_errors_are_told_with_hints_and_the_first_decides_the_exit_code() {
    let folder = Folder::new();
    let connection = r#"{"address":"basic","dial_timeout":"ten","tls_required":"true","rootcert":"x"}"#;
    let code = [
        file("connection.json", connection),
        file("META-INF/statedb/couchdb/indexes/x.json", "{}"),
        file("META-INF/statedb/couchdb/x.json", r#"{"index":{}}"#),
        file("META-INF/.DS_Store", ""),
    ];
    let package = folder.write("basic.tgz", archive::package(METADATA, &code));
    let output = ccs(&["lint", &package]);
    assert_eq!(output.status.code(), Some(13));
    insta::with_settings!({filters => vec![(r"/[^ \n]*/basic", "[folder]/basic")]}, {
        insta::assert_snapshot!("lint_bad", stdout(&output));
    });
    let json = ccs(&["lint", &package, "--json"]);
    insta::with_settings!({filters => vec![(r#""/[^ \n]*/basic"#, r#""[folder]/basic"#), ("[0-9a-f]{64}", "[hash]")]}, {
        insta::assert_snapshot!("lint_bad_json", stdout(&json));
    });
}

#[test]
fn strict_fails_for_warnings() {
    let folder = Folder::new();
    let (package, _) = folder.package("basic.tgz", &["--label", "basic", "--address", "basic:9999"]);
    assert_eq!(lint(&package).0, 0);
    let strict = ccs(&["lint", &package, "--strict"]);
    assert_eq!(strict.status.code(), Some(1));
    let expected = "0 errors, 1 warning, 1 note; the builder would accept it; --strict does not\n";
    assert!(stdout(&strict).ends_with(expected), "{}", stdout(&strict));
}

#[test]
fn what_the_peer_refuses_before_any_builder_is_one_error() {
    let folder = Folder::new();
    let ours = |code: &[Entry]| archive::package(METADATA, code);
    let link = Entry { kind: tar::EntryType::Symlink, ..file("connection.json", "") };
    let good = ours(&[file("connection.json", PLAIN)]);
    for (content, code, name) in [
        (b"no".to_vec(), 1, "package-not-gzip"),
        (good[..good.len() - 20].to_vec(), 1, "package-damaged"),
        (tgz(&[archive::folder("./"), file("./metadata.json", METADATA)]), 1, "package-entry-kind"),
        (tgz(&[file("code.tar.gz", tgz(&[]))]), 10, "metadata-missing"),
        (tgz(&[file("metadata.json", METADATA)]), 1, "code-missing"),
        (archive::package("[]", &[]), 10, "metadata-invalid"),
        (archive::package(r#"{"type":"ccaas","label":"a b"}"#, &[]), 10, "label-invalid"),
        (archive::package(r#"{"type":"cobol","label":"a"}"#, &[]), 10, "type-foreign"),
        (tgz(&[file("metadata.json", METADATA), file("code.tar.gz", "x")]), 1, "code-damaged"),
        (ours(&[link]), 1, "entry-kind"),
        (ours(&[file("../x", "")]), 1, "entry-outside"),
        (ours(&[file("a", ""), file("a/b", "")]), 1, "entry-conflict"),
    ] {
        let (found, document) = lint(&folder.write("bad.tgz", content));
        assert_eq!((found, names(&document)), (code, vec![name]));
        assert!(document["findings"][0]["hint"].is_string(), "{name} has a hint");
    }
    let missing = ccs(&["lint", "nowhere.tgz"]);
    assert_eq!(missing.status.code(), Some(20));
    assert!(stderr(&missing).starts_with("error: cannot open nowhere.tgz: "), "{}", stderr(&missing));
}

#[test]
fn another_file_of_a_network_is_named_with_its_command() {
    let folder = Folder::new();
    for (name, content, found, command) in [
        ("metadata.json", METADATA, "the metadata.json of a package", "ccs lint "),
        (
            "collections.json",
            r#"[{"name":"c","policy":"OR('A.member')"}]"#,
            "a file of private data collections",
            "ccs dev --collections ",
        ),
        (
            "core.yaml",
            "chaincode:\n  externalBuilders: []\n",
            "the core.yaml of a peer",
            "ccs doctor --core ",
        ),
        ("launch.yaml", "platform: docker\n", "the launch.yaml of a builder", "ccs launch check --settings "),
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\n",
            "a Kubernetes manifest",
            "kubectl apply --dry-run=server ",
        ),
        ("image.json", r#"{"name":"a","digest":"sha256:0"}"#, "the image.json of a package", "ccs lint "),
    ] {
        let path = folder.write(name, content);
        let (code, document) = lint(&path);
        assert_eq!((code, names(&document)), (1, vec!["not-a-package"]));
        let finding = &document["findings"][0];
        assert_eq!(finding["message"], format!("the file is not a chaincode package: it is {found}"));
        assert!(finding["hint"].as_str().unwrap().starts_with(command), "{finding}");
        let told = stderr(&ccs(&["lint", &path]));
        assert!(told.starts_with(&format!("next: {command}")), "{told}");
        let inspected = stderr(&ccs(&["inspect", &path]));
        let expected = format!("error: {path} is not a chaincode package: it is {found}\nhint: {command}");
        assert!(inspected.starts_with(&expected), "{inspected}");
    }
}

#[test]
fn a_connection_json_is_checked_as_in_a_package() {
    let folder = Folder::new();
    let good = folder.write("good.json", r#"{"address":":1"}"#);
    let (code, document) = lint(&good);
    assert_eq!((code, names(&document)), (0, vec!["address-loopback"]));
    let next = format!("next: ccs package OUT.tgz --label LABEL --connection {good}\n");
    assert_eq!(stderr(&ccs(&["lint", &good])), next);
    let open =
        "{\"address\":\":1\",\"tls_required\":true,\n \"root_cert\":\"-----BEGIN CERTIFICATE-----\nMII\n\"}";
    let (code, document) = lint(&folder.write("open.json", open));
    assert_eq!((code, names(&document)), (11, vec!["connection-invalid"]));
    let finding = &document["findings"][0];
    let message = "connection.json: line 2, column 14: the string that begins here is not closed on its line";
    assert_eq!(finding["message"], message);
    let hint = "close it with \", and write each line break inside it as \\n; `ccs package --root-cert FILE` inserts a PEM file that way";
    assert_eq!(finding["hint"], hint);
    for (root, found) in [
        ("/crypto/ca.crt", "the value is the path of a file"),
        (
            "-----BEGIN CERTIFICATE-----\\\\nM\\\\n-----END CERTIFICATE-----",
            r"its line breaks are two characters each, \ and n",
        ),
        ("-----BEGIN CERTIFICATE----- M -----END CERTIFICATE-----", "its line breaks are missing"),
        ("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==", "the value is PEM text in base64"),
    ] {
        let text = format!(r#"{{"address":":1","tls_required":true,"root_cert":"{root}"}}"#);
        let document = lint(&folder.write("connection.json", text)).1;
        assert_eq!(names(&document)[0], "root-cert-unusable");
        let expected =
            format!("connection.json: root_cert cannot be used: there is no PEM block in it: {found}");
        assert_eq!(document["findings"][0]["message"], expected);
    }
}

#[test]
fn what_the_builder_refuses_has_its_code() {
    let folder = Folder::new();
    let old = SelfSigned::new("old.example.com", &[], -10);
    let other = SelfSigned::new("other.example.com", &[], 400);
    let tls = |root: &str, cert: &str, key: &str| {
        json!({"address": "{{.peer_id}}:1", "tls_required": true, "client_auth_required": !cert.is_empty() || !key.is_empty(),
               "root_cert": root, "client_cert": cert, "client_key": key})
        .to_string()
    };
    let root = &other.certificate;
    for (connection, code, name) in [
        ("[]".to_owned(), 11, "connection-invalid"),
        (r#"{"address":"{{.x"}"#.to_owned(), 12, "template-invalid"),
        (r#"{"address":"x"}"#.to_owned(), 13, "address-invalid"),
        (r#"{"address":"{{.peer_id}}:1","dial_timeout":-1}"#.to_owned(), 16, "dial-timeout-invalid"),
        (tls("", "", ""), 14, "root-cert-missing"),
        (tls("ca.pem", "", ""), 14, "root-cert-unusable"),
        (tls(&old.certificate, "", ""), 14, "certificate-expired"),
        (tls(root, root, ""), 14, "client-key-missing"),
        (tls(root, "", &other.key), 14, "client-cert-missing"),
        (tls(root, &old.certificate, &other.key), 14, "key-pair-unusable"),
    ] {
        let (found, document) = lint_package(&folder, METADATA, &connection);
        assert_eq!((found, names(&document)[0]), (code, name), "{document}");
    }
    let none = archive::package(METADATA, &[file("x/connection.json", PLAIN)]);
    let (code, document) = lint(&folder.write("none.tgz", none));
    assert_eq!(
        (code, names(&document)),
        (11, vec!["connection-missing", "entry-unneeded", "label-kubernetes"])
    );
    let message = "cannot read connection.json: there is no such file";
    assert_eq!(document["findings"][0]["message"], message);
}

#[test]
fn certificates_that_hurt_are_warned_about() {
    let folder = Folder::new();
    let soon = SelfSigned::new("soon.example.com", &[], 10);
    let old = SelfSigned::new("old.example.com", &[], -10);
    let server_only = SelfSigned::for_servers("server.example.com");
    let other_block = soon.key.replace("PRIVATE", "PUBLIC");
    let root = [soon.certificate.as_str(), &old.certificate, &other_block].concat();
    let connection = json!({"address": "{{.peer_id}}:1", "tls_required": true, "client_auth_required": true,
        "root_cert": root, "client_cert": server_only.certificate, "client_key": server_only.key});
    let (code, document) = lint_package(&folder, METADATA, &connection.to_string());
    assert_eq!(code, 0, "{document}");
    let found = names(&document);
    for name in ["certificate-expires-soon", "root-cert-expired", "pem-block-ignored", "client-cert-usage"] {
        assert!(found.contains(&name), "{name} in {found:?}");
    }
    let text = document.to_string();
    assert!(text.contains("the certificate of CN=soon.example.com expires in 10 days"), "{text}");
    assert!(!text.contains("PRIVATE KEY-----"), "{text}");
}

#[test]
fn connections_that_hurt_are_warned_about() {
    let folder = Folder::new();
    let dns = r#"{"type":"ccaas","label":"basic"}"#;
    for (metadata, connection, expected) in [
        (dns, PLAIN, &["plaintext-remote"][..]),
        (dns, r#"{"address":"127.0.0.1:1"}"#, &["address-loopback"]),
        (dns, r#"{"address":"basic:1"}"#, &["plaintext-remote", "address-fixed"]),
        (dns, r#"{"address":"{{.host}}:1"}"#, &["plaintext-remote", "configuration-needed"]),
        (
            METADATA,
            r#"{"address":"{{.package_label}}:1"}"#,
            &["plaintext-remote", "label-in-address", "label-kubernetes"],
        ),
        (r#"{"type":"external","label":"basic"}"#, PLAIN, &["plaintext-remote", "type-external"]),
        (dns, r#"{"address":"[::1]:1","tls":true}"#, &["unknown-key", "address-loopback"]),
        (dns, r#"{"address":"[::1]:1","ADDRESS":":1"}"#, &["duplicate-key", "address-loopback"]),
        (dns, r#"{"address":":1","root_cert":"x"}"#, &["tls-fields-unused", "address-loopback"]),
        (dns, r#"{"address":":1","domain":"x"}"#, &["domain-unused", "address-loopback"]),
        (dns, r#"{"address":":1","dial_timeout":10}"#, &["dial-timeout-short", "address-loopback"]),
        (dns, r#"{"address":":1","tls_required":"false"}"#, &["boolean-in-quotes", "address-loopback"]),
    ] {
        let (code, document) = lint_package(&folder, metadata, connection);
        assert_eq!((code, names(&document).as_slice()), (0, expected), "{connection}");
    }
}

#[test]
fn archives_that_hurt_are_warned_about() {
    let dir = Folder::new();
    let code = [
        folder("./"),
        file("./connection.json", r#"{"address":"{{.peer_id}}:1"}"#),
        file("./connection.json", r#"{"address":"{{.peer_id}}:2"}"#),
        Entry { mode: 0o755, mtime: 7, ..file("META-INF/note.txt", "") },
        Entry { mode: 0o000, ..file("metadata/x", "") },
        file("src/main.go", ""),
    ];
    let package =
        tgz(&[file("metadata.json", METADATA), file("README.md", ""), file("code.tar.gz", tgz(&code))]);
    let (status, document) = lint(&dir.write("basic.tgz", package));
    assert_eq!(status, 0);
    assert_eq!(
        names(&document),
        [
            "package-unneeded-file",
            "two-metadata-folders",
            "outside-statedb",
            "plaintext-remote",
            "entry-duplicate",
            "entry-unreadable",
            "entry-unneeded",
            "label-kubernetes",
            "entry-mode",
            "entry-dot-path",
            "not-reproducible",
        ]
    );
    let many: Vec<Entry> = (0..50).map(|number| file(format!("f{number}"), "")).collect();
    let document = lint(&dir.write("many.tgz", archive::package(METADATA, &many))).1;
    assert_eq!(names(&document).iter().filter(|name| **name == "entry-unneeded").count(), 20);
}

#[test]
fn a_stray_file_beside_indexes_is_a_warning_and_a_misplaced_index_an_error() {
    let folder = Folder::new();
    let index = r#"{"index":{"fields":["owner"]}}"#;
    let linted = |extra: Entry| {
        let code =
            [file("connection.json", PLAIN), file("META-INF/statedb/couchdb/indexes/x.json", index), extra];
        lint(&folder.write("basic.tgz", archive::package(r#"{"type":"ccaas","label":"basic"}"#, &code)))
    };
    for path in ["README.md", "couchdb/README.md", "couchdb/indexes/README.md", "leveldb/indexes/x.json"] {
        let path = format!("META-INF/statedb/{path}");
        let (code, document) = linted(file(&path, "# Indexes"));
        assert_eq!((code, names(&document)), (0, vec!["not-an-index", "plaintext-remote"]), "{document}");
        let expected = format!("{path} is not an index, so it is left out");
        assert_eq!(document["findings"][0]["message"], expected);
    }
    let (code, document) = linted(file("META-INF/statedb/couchdb/index/y.json", index));
    assert_eq!((code, names(&document)[0]), (15, "index-misplaced"));
    let (code, document) = linted(file("META-INF/statedb/couchdb/indexes/y.json", "{}"));
    assert_eq!((code, names(&document)[0]), (15, "index-invalid"));
}

#[test]
fn a_package_with_a_key_that_others_can_read_is_warned_about() {
    let folder = Folder::new();
    let (package, _) = folder.full_package();
    fs::set_permissions(&package, fs::Permissions::from_mode(0o644)).unwrap();
    let document = lint(&package).1;
    assert_eq!(document["findings"][0]["message"], "the file holds a private key and has mode 0644");
    assert_eq!(document["findings"][0]["hint"], format!("chmod 600 {package}"));
}

#[test]
fn a_folder_is_looked_at_as_the_package_it_will_become() {
    let folder = Folder::new();
    let source = folder.path("source");
    folder.write("source/connection.json", r#"{"address":":1"}"#);
    folder.write("source/Dockerfile", "");
    let (code, document) = lint(&source);
    assert_eq!((code, names(&document)), (0, vec!["entry-unneeded", "address-loopback"]));
    assert_eq!(document["package_id"], Value::Null);
    folder.write("source/metadata.json", r#"{"type":"ccaas","label":"_"}"#);
    assert_eq!(lint(&source).0, 10);
    folder.write("source/metadata.json", "{");
    assert_eq!(names(&lint(&source).1)[0], "metadata-invalid");
    fs::remove_file(folder.path("source/metadata.json")).unwrap();
    fs::create_dir(folder.path("source/META-INF")).unwrap();
    symlink("/etc/passwd", folder.path("source/META-INF/x")).unwrap();
    let (code, document) = lint(&source);
    assert_eq!((code, names(&document)[0]), (15, "entry-kind"));
    assert_eq!(document["findings"][0]["message"], "META-INF/x is a symbolic link, not a file or folder");
    let output = ccs(&["lint", &folder.path("META-INF")]);
    assert_eq!(output.status.code(), Some(20), "a folder that is not there");
}

#[test]
fn excess_and_hostile_text_are_survived() {
    let folder = Folder::new();
    let large = Entry { size: 1 << 40, ..file("connection.json", PLAIN) };
    let (code, document) = lint(&folder.write("large.tgz", archive::package(METADATA, &[large])));
    assert_eq!((code, names(&document)), (1, vec!["package-too-large"]));
    let hostile =
        [file("connection.json", "{\"\\u001b[2J\":1,\"address\":\"a\\u0000\"}"), file(b"\x1b[2J", "")];
    let package = folder.write("hostile.tgz", archive::package(METADATA, &hostile));
    let output = ccs(&["lint", &package]);
    assert_eq!(output.status.code(), Some(13));
    assert!(!stdout(&output).contains(['\x1b', '\0']));
}
