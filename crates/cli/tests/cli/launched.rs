//! `ccs package`, `lint` and `inspect` with packages that a builder launches: images, programs, source.

use std::fs;
use std::path::Path;

use ccs_package::{Limits, disk};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::archive::{self, Entry, file};
use crate::folder::Folder;
use crate::{ccs, stderr, stdout};

const IMAGE: &str =
    "registry.example.com/basic@sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";

/// The first bytes of a program for Linux on a processor, by its number.
fn program(machine: u16) -> Vec<u8> {
    let mut content = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".to_vec();
    content.extend(machine.to_le_bytes());
    content
}

/// Unpacks a package, and returns metadata.json and the content of a file.
fn unpacked(folder: &Folder, package: &str, name: &str) -> (Value, Vec<u8>) {
    let to = folder.path("unpacked");
    let output = ccs(&["unpack", package, &to]);
    assert!(output.status.success(), "{}", stderr(&output));
    let metadata = fs::read(Path::new(&to).join("metadata/metadata.json")).unwrap();
    let content = fs::read(Path::new(&to).join("src").join(name)).unwrap();
    fs::remove_dir_all(&to).unwrap();
    (serde_json::from_slice(&metadata).unwrap(), content)
}

fn names(package: &str) -> Vec<String> {
    let package = disk::load(Path::new(package), &Limits::default()).unwrap();
    package.code_entries().iter().map(|entry| entry.path().display().to_string()).collect()
}

fn lint(subject: &str) -> (i32, Vec<String>) {
    let output = ccs(&["lint", subject, "--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = document["findings"].as_array().unwrap();
    let line = |finding: &Value| {
        format!("{} {}", finding["id"].as_str().unwrap(), finding["message"].as_str().unwrap())
    };
    (output.status.code().unwrap(), findings.iter().map(line).collect())
}

#[test]
fn an_image_makes_a_package_of_type_k8s() {
    let folder = Folder::new();
    let (package, _) = folder.package("a.tgz", &["--label", "basic", "--image", IMAGE]);
    assert_eq!(names(&package), ["image.json"]);
    let (metadata, image) = unpacked(&folder, &package, "image.json");
    assert_eq!(metadata, json!({"type": "k8s", "label": "basic", "path": ""}));
    assert_eq!(
        String::from_utf8(image).unwrap(),
        "{\n  \"name\": \"registry.example.com/basic\",\n  \"digest\": \
         \"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495\"\n}\n"
    );
    let note =
        "launch-needed only a builder that launches images accepts the package: on Docker or Kubernetes";
    assert_eq!(lint(&package), (0, vec![note.to_owned()]));
}

#[test]
fn an_image_beside_an_address_makes_a_package_for_every_builder() {
    let folder = Folder::new();
    let options = ["--label", "basic", "--image", IMAGE, "--address", "{{.peer_id}}.basic:9999"];
    let more = ["--port", "7052", "--image-tls", "server"];
    let (package, _) = folder.package("a.tgz", &[&options[..], &more].concat());
    assert_eq!(names(&package), ["connection.json", "image.json"]);
    let (metadata, image) = unpacked(&folder, &package, "image.json");
    assert_eq!(metadata["type"], "ccaas");
    let image: Value = serde_json::from_slice(&image).unwrap();
    assert_eq!((&image["port"], &image["tls"], image.get("role")), (&json!(7052), &json!("server"), None));
    let (code, findings) = lint(&package);
    assert_eq!(code, 0);
    assert_eq!(
        findings.iter().filter(|finding| !finding.starts_with("plaintext-remote")).count(),
        0,
        "{findings:?}"
    );
    let (alone, _) = folder.package("b.tgz", &["--label", "basic", "--image", IMAGE, "--type", "ccaas"]);
    let note = "launch-needed without connection.json, only a builder that starts the image accepts the package: on Docker or Kubernetes";
    assert_eq!(lint(&alone), (0, vec![note.to_owned()]));
}

#[test]
fn what_cannot_become_an_image_is_refused() {
    let folder = Folder::new();
    let out = folder.path("a.tgz");
    for (options, code, message) in [
        (
            &["--image", "basic:1.0"][..],
            1,
            "error: the image \"basic:1.0\" has no digest\nhint: write NAME@sha256:DIGITS; ",
        ),
        (
            &["--image", "basic@sha256:12"],
            21,
            "error: image.json: digest \"sha256:12\" is not a digest such as sha256:...\nhint: ",
        ),
        (
            &["--image", IMAGE, "--type", "k8s", "--address", "a:1"],
            2,
            "error: chaincode of the type k8s dials the peer, so it does not use an address\nhint: ",
        ),
        (
            &["--type", "k8s", "--address", "a:1"],
            2,
            "error: a package of the type k8s holds the name of an image\nhint: ",
        ),
        (
            &["--image", IMAGE, "--tls", "tls"],
            2,
            "error: --tls is for connection.json, which a package without an address does not hold\nhint: add --address \
             HOST:PORT, or omit --tls\n",
        ),
        (
            &["--image", IMAGE, "--type", "ccaas", "--root-cert", "a"],
            2,
            "error: --root-cert is for connection.json, ",
        ),
        (
            &["--image", IMAGE, "--root-cert", "a", "--client-cert", "b", "--client-key", "c"],
            2,
            "error: --root-cert is for connection.json, ",
        ),
        (&["--image", IMAGE, "--domain", "a"], 2, "error: --domain is for connection.json, "),
        (&["--image", IMAGE, "--dial-timeout", "3s"], 2, "error: --dial-timeout is for connection.json, "),
    ] {
        let output = ccs(&[&["package", &out, "--label", "basic"], options].concat());
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).starts_with(message), "{}", stderr(&output));
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn programs_are_packed_with_what_binary_json_says_of_them() {
    let folder = Folder::new();
    let (amd, arm) = (folder.write("amd", program(62)), folder.write("arm", program(183)));
    let (one, _) = folder.package("one.tgz", &["--label", "basic", "--binary", &amd]);
    assert_eq!(names(&one), ["binary.json", "chaincode"]);
    let (metadata, document) = unpacked(&folder, &one, "binary.json");
    assert_eq!(metadata["type"], "binary");
    let document: Value = serde_json::from_slice(&document).unwrap();
    let sha256 = hex::encode(Sha256::digest(program(62)));
    assert_eq!(document, json!({"linux/amd64": {"file": "chaincode", "sha256": sha256}}));

    let arm = format!("linux/arm64={arm}");
    let options = ["--label", "basic", "--binary", &amd, "--binary", &arm, "--arg", "-peer={peer_address}"];
    let (both, _) = folder.package("both.tgz", &options);
    assert_eq!(names(&both), ["binary.json", "linux-amd64/chaincode", "linux-arm64/chaincode"]);
    let (_, document) = unpacked(&folder, &both, "binary.json");
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["args"], json!(["-peer={peer_address}"]));
    let note = "launch-needed only a builder with platform: process in its launch.yaml accepts the package";
    assert_eq!(lint(&both), (0, vec![note.to_owned()]));
    let output = ccs(&["inspect", &both]);
    insta::with_settings!({filters => vec![(r"/[^ \n]*/both", "[folder]/both"), ("[0-9a-f]{64}", "[hash]"), ("tgz, [0-9]+", "tgz, [size]")]}, {
        insta::assert_snapshot!("inspect_programs", stdout(&output));
    });

    let script = folder.write("script", "#!/bin/sh\n");
    let (script, _) = folder.package("script.tgz", &["--label", "basic", "--binary", &script]);
    assert_eq!(names(&script), ["chaincode"]);
    assert_eq!(lint(&script).0, 0);
}

#[test]
fn programs_that_no_platform_starts_are_refused() {
    let folder = Folder::new();
    let out = folder.path("a.tgz");
    let arm = format!("linux/amd64={}", folder.write("arm", program(183)));
    let (text, script) = (folder.write("text", "text"), folder.write("script", "#!/bin/sh\n"));
    for (options, code, message) in [
        (
            &["--binary", &arm][..],
            22,
            "error: binary.json: the file \"chaincode\" is a program for arm64, not for linux/amd64\nhint: ",
        ),
        (&["--binary", &text], 22, "error: binary.json: the file \"chaincode\" is not a program\nhint: "),
        (
            &["--binary", &script, "--arg", "x"],
            1,
            "the file does not contain its platform\nhint: write --binary linux/amd64=FILE\n",
        ),
        (
            &["--binary", &text, "--address", "a:1"],
            2,
            "the argument '--binary <[OS/ARCH=]FILE>' cannot be used with",
        ),
    ] {
        let output = ccs(&[&["package", &out, "--label", "basic"], options].concat());
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn source_is_packed_with_the_files_that_the_peers_command_packs() {
    let folder = Folder::new();
    let index = r#"{"index":{"fields":["Owner"]},"ddoc":"byOwner","name":"byOwner","type":"json"}"#;
    for (name, content) in [
        ("go/go.mod", "module example.com/basic // the module\n"),
        ("go/cmd/main.go", "package main\n"),
        ("go/cmd/META-INF/statedb/couchdb/indexes/byOwner.json", index),
        ("go/cmd/META-INF/.hidden", ""),
        ("go/vendor/x/x.go", "package x\n"),
        ("go/.git/HEAD", ""),
        ("go/.gitignore", ""),
        ("node/package.json", "{}"),
        ("node/lib/a.js", ""),
        ("node/node_modules/x/index.js", ""),
        ("node/META-INF/statedb/couchdb/indexes/byOwner.json", index),
        ("java/pom.xml", ""),
        ("java/src/main/java/A.java", ""),
        ("java/A.class", ""),
        ("java/sub/build/x", ""),
        ("java/target/x.jar", ""),
    ] {
        folder.write(name, content);
    }
    let pack = |name: &str, source: &str, language: &str| {
        let source = folder.path(source);
        folder.package(name, &["--label", "basic", "--source", &source, "--lang", language]).0
    };
    let go = pack("go.tgz", "go/cmd", "go");
    let index = "META-INF/statedb/couchdb/indexes/byOwner.json";
    assert_eq!(names(&go), [index, "src/.gitignore", "src/cmd/main.go", "src/go.mod", "src/vendor/x/x.go"]);
    let (metadata, _) = unpacked(&folder, &go, "src/go.mod");
    assert_eq!(metadata, json!({"type": "golang", "label": "basic", "path": "example.com/basic/cmd"}));
    let node = pack("node.tgz", "node", "node");
    assert_eq!(names(&node), [index, "src/lib/a.js", "src/package.json"]);
    let java = pack("java.tgz", "java", "java");
    assert_eq!(names(&java), ["src/pom.xml", "src/src/main/java/A.java"]);
    let expected = "launch-needed the peer builds it with Docker, unless a builder with languages: [java] in its launch.yaml claims it";
    assert_eq!(lint(&java), (0, vec![expected.to_owned()]));
}

#[test]
fn source_that_no_tool_builds_is_refused() {
    let folder = Folder::new();
    let out = folder.path("a.tgz");
    folder.write("empty/readme.txt", "");
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----\n";
    folder.write("key/package.json", "{}");
    folder.write("key/a.pem", pem);
    folder.write("nameless/go.mod", "go 1.24\nmodule\n");
    folder.write("built/target/a.jar", "");
    folder.write("built/META-INF/statedb/couchdb/indexes/.hidden", "");
    for (source, language, code, message) in [
        ("empty", "node", 23, "error: the package holds no src/package.json\nhint: "),
        ("empty", "go", 1, "nor a folder above it has a go.mod\nhint: go mod init NAME makes one; "),
        ("nameless", "go", 1, "nameless/go.mod does not name a module\nhint: begin it with module NAME\n"),
        ("built", "java", 1, "built holds no source file\nhint: "),
        ("nowhere", "java", 1, "nowhere is not a folder\nhint: "),
        ("key", "node", 14, "key/a.pem holds a private key"),
        ("empty", "rust", 2, "error: no builder accepts source in Rust\nhint: "),
    ] {
        let source = folder.path(source);
        let output = ccs(&["package", &out, "--label", "basic", "--source", &source, "--lang", language]);
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert!(!Path::new(&out).exists());
    }
}

#[test]
fn lint_finds_what_the_launcher_rejects() {
    let folder = Folder::new();
    let metadata = |kind: &str| format!(r#"{{"type":"{kind}","label":"basic"}}"#);
    let program = |name: &str| Entry { mode: 0o755, ..file(name, program(62)) };
    let tag = file("image.json", r#"{"name":"basic:1.0"}"#);
    let client = file(
        "image.json",
        r#"{"name":"a","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495","role":"client"}"#,
    );
    let wrong = r#"{"linux/amd64":{"file":"a/chaincode","sha256":"e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"},"linux/arm64":{"file":"b"}}"#;
    let connection = file("connection.json", r#"{"address":"{{.peer_id}}:1"}"#);
    let prebuilt = |entries: &[Entry]| file("prebuilt.tgz", archive::tgz(entries));
    for (kind, code, expected, findings) in [
        ("k8s", vec![], 21, &["image-invalid the package holds no image.json"][..]),
        (
            "k8s",
            vec![file("image.json", "{}")],
            21,
            &["image-invalid image.json: the file must contain 'name' and 'digest'"],
        ),
        ("k8s", vec![tag], 0, &["image-tag image.json contains no digest", "launch-needed only a builder"]),
        ("ccaas", vec![connection, client], 0, &["image-unused the role is client", "plaintext-remote"]),
        (
            "binary",
            vec![program("a/chaincode"), file("binary.json", wrong), file("notes.txt", "")],
            22,
            &[
                "binary-invalid the program \"a/chaincode\" has the SHA-256 ",
                "binary-invalid the package holds no program \"b\"",
                "entry-unneeded notes.txt",
            ],
        ),
        (
            "executable",
            vec![program("chaincode")],
            0,
            &["launch-needed only a builder with platform: process"],
        ),
        (
            "prebuilt",
            vec![prebuilt(&[file("start.sh", "exec ./chaincode\n")])],
            0,
            &["launch-needed only a builder with platform: process"],
        ),
        (
            "prebuilt",
            vec![prebuilt(&[file("chaincode", "")])],
            22,
            &["binary-invalid prebuilt.tgz holds no file start.sh"],
        ),
        (
            "prebuilt",
            vec![file("prebuilt.tgz", "text without compression"), file("notes.txt", "")],
            22,
            &["binary-invalid prebuilt.tgz cannot be read: it is not gzip", "entry-unneeded notes.txt"],
        ),
        ("prebuilt", vec![], 22, &["binary-invalid the package holds no prebuilt.tgz"]),
        (
            "node",
            vec![file("src/index.js", "")],
            23,
            &["source-invalid the package holds no src/package.json"],
        ),
    ] {
        let package = folder.write("a.tgz", archive::package(&metadata(kind), &code));
        let (status, found) = lint(&package);
        assert_eq!(status, expected, "{kind}: {found:?}");
        assert_eq!(found.len(), findings.len(), "{kind}: {found:?}");
        for (found, expected) in found.iter().zip(findings) {
            assert!(found.starts_with(expected), "{kind}: {found}");
        }
        let to = folder.path("unpacked");
        assert!(ccs(&["unpack", &package, &to]).status.success());
        assert_eq!(lint(&to).0, expected, "the folder of {kind}");
        fs::remove_dir_all(&to).unwrap();
    }
}
