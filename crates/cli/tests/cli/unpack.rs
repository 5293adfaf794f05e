//! `ccs unpack`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::archive::{self, Entry, METADATA, file};
use crate::folder::Folder;
use crate::{ccs, stderr, stdout};

#[test]
fn a_package_is_laid_out_as_a_peer_does_and_packs_to_the_same_id() {
    let folder = Folder::new();
    let (package, id) = folder.full_package();
    let target = folder.path("basic");
    let output = ccs(&["unpack", &package, &target]);
    assert!(output.status.success(), "{}", stderr(&output));
    let files = [
        "metadata/metadata.json",
        "src/META-INF/statedb/couchdb/collections/private/indexes/byColor.json",
        "src/META-INF/statedb/couchdb/indexes/byOwner.json",
        "src/connection.json",
    ];
    assert_eq!(stdout(&output), files.map(|file| format!("{target}/{file}\n")).concat());
    assert_eq!(stderr(&output), format!("next: ccs lint {target}\n"));
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o700);
    let lint = ccs(&["lint", &target]);
    assert!(lint.status.success());
    let next = format!("--connection {target}/src/connection.json --meta-inf {target}/src/META-INF\n");
    assert!(stderr(&lint).ends_with(&next), "{}", stderr(&lint));
    let source = |name: &str| format!("{target}/src/{name}");
    let again = [
        "--label",
        "basic_1.0",
        "--connection",
        &source("connection.json"),
        "--meta-inf",
        &source("META-INF"),
    ];
    assert_eq!(folder.package("again.tgz", &again).1, id);
    let json = ccs(&["unpack", &package, &folder.path("json"), "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(document, json!({ "package_id": id, "folder": folder.path("json"), "files": files }));
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let folder = Folder::new();
    let (package, _) = folder.package("basic.tgz", &["--label", "a", "--address", ":1"]);
    folder.write("full/precious", "precious");
    for target in [folder.path("full"), folder.path("full/precious")] {
        let output = ccs(&["unpack", &package, &target]);
        assert_eq!(output.status.code(), Some(20));
        assert_eq!(
            stderr(&output),
            format!("error: {target:?} already exists\nhint: choose another name, or remove it first\n")
        );
    }
    assert_eq!(fs::read_to_string(folder.path("full/precious")).unwrap(), "precious");
    fs::create_dir(folder.path("empty")).unwrap();
    assert!(ccs(&["unpack", &package, &folder.path("empty")]).status.success());
    let nowhere = ccs(&["unpack", &package, &folder.path("no/where")]);
    assert_eq!(nowhere.status.code(), Some(20));
    assert!(stderr(&nowhere).starts_with("error: cannot create "), "{}", stderr(&nowhere));
}

#[test]
fn hostile_packages_leave_nothing_behind() {
    let folder = Folder::new();
    let link = |target: &str| Entry { kind: tar::EntryType::Symlink, ..file(target, "") };
    let good = file("connection.json", r#"{"address":":1"}"#);
    for bad in [
        file("../outside", "x"),
        file("/tmp/outside", "x"),
        link("connection"),
        file("connection.json/x", ""),
    ] {
        let package = folder.write("bad.tgz", archive::package(METADATA, &[good.clone(), bad]));
        let output = ccs(&["unpack", &package, &folder.path("target")]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(
            stderr(&output).starts_with(&format!("error: {package}: code.tar.gz holds ")),
            "{}",
            stderr(&output)
        );
        assert!(stdout(&output).is_empty());
    }
    let left: Vec<_> =
        fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["bad.tgz"]);
    assert!(!Path::new("/tmp/outside").exists());
}
