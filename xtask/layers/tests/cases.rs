//! Small workspaces in `cases/`, each with one kind of fault or none, and the expected output of the check in
//! `expected.txt`.
//!
//! A case contains only the relevant files. The test adds the rest in a copy: Cargo.toml files, a `layers.toml` that
//! forbids nothing, and a page that shows the crates.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn copy(from: &Path, to: &Path) {
    for entry in WalkDir::new(from).min_depth(1) {
        let entry = entry.unwrap();
        let place = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(place).unwrap();
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
}

fn write_unless_there(file: &Path, text: &str) {
    if !file.exists() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

/// Adds the files that the case omits.
fn complete(root: &Path) {
    write_unless_there(&root.join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
    write_unless_there(&root.join("layers.toml"), "most-lines = 100\n");
    let mut rows = String::new();
    for folder in fs::read_dir(root.join("crates")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        write_unless_there(&folder.join("Cargo.toml"), &package);
        write_unless_there(&folder.join("src/lib.rs"), "");
        writeln!(rows, "[{name}](../crates/{name})").unwrap();
    }
    let page = root.join("docs/architecture.md");
    if !page.exists() {
        let marks = "<!-- layers: `cargo xtask bless layers` writes this part -->\n<!-- layers: end -->\n";
        write_unless_there(&page, &format!("{marks}{rows}"));
        xtask_layers::write(root).unwrap();
    }
}

/// Runs the check on a copy of a case; returns its output.
fn said(case: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    copy(case, &root);
    complete(&root);
    match xtask_layers::check(&root, &root.join("layers.toml")) {
        Ok(report) => report.findings.iter().map(ToString::to_string).map(|text| text + "\n").collect(),
        Err(error) => format!("error: {error:#}\n").replace(root.to_str().unwrap(), "{root}"),
    }
}

#[test]
fn every_fault_is_found_and_nothing_else() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (file, said) = (case.join("expected.txt"), said(&case));
        if std::env::var_os("CCS_BLESS").is_some() {
            fs::write(&file, &said).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if said != expected {
            let name = case.file_name().unwrap().display();
            wrong.push(format!("--- {name}: expected\n{expected}--- {name}: said\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "`cargo xtask bless tests` records what is said\n{}", wrong.join("\n"));
}

#[test]
fn a_page_that_was_written_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/page-out-of-date"), folder.path());
    complete(folder.path());
    let findings =
        || xtask_layers::check(folder.path(), &folder.path().join("layers.toml")).unwrap().findings.len();
    assert_eq!(findings(), 1);
    xtask_layers::write(folder.path()).unwrap();
    assert_eq!(findings(), 0);
}
