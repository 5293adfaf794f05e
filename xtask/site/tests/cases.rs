//! Small checkouts under `cases/`, each with `expected.txt`: the findings, or the sources of the site.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::path::Path;

/// Returns the findings, or, if there are none, the sources of the site.
fn said(case: &Path) -> String {
    let report = xtask_site::check(case).unwrap();
    if !report.findings.is_empty() {
        return report.findings.iter().map(ToString::to_string).map(|finding| finding + "\n").collect();
    }
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("src");
    xtask_site::stage(case, "https://example.com/repository", &sources).unwrap();
    let mut files: Vec<_> = walkdir::WalkDir::new(&sources).into_iter().map(|entry| entry.unwrap()).collect();
    files.retain(|entry| entry.file_type().is_file());
    files.sort_by_key(|entry| entry.path().to_owned());
    let shown = |entry: &walkdir::DirEntry| {
        let name = entry.path().strip_prefix(&sources).unwrap().display().to_string();
        format!("=== {name}\n{}", fs::read_to_string(entry.path()).unwrap())
    };
    files.iter().map(shown).collect()
}

#[test]
fn each_fault_is_found_and_links_are_rewritten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    for case in fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let (file, said) = (case.join("expected.txt"), said(&case));
        if std::env::var_os("CCS_BLESS").is_some() {
            fs::write(&file, &said).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        if said != expected {
            wrong.push(format!("--- {}: expected\n{expected}--- found\n{said}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "`cargo xtask bless tests` records the findings\n{}", wrong.join("\n"));
}
