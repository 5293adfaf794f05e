//! Small trees under `cases/`, each with rules and texts, and `expected.txt`: the findings.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::path::Path;

/// Checks a case; each finding is a line.
fn said(case: &Path) -> String {
    match xtask_prose::check(case, &case.join("rules.toml")) {
        Ok(report) => report.findings.iter().map(ToString::to_string).map(|finding| finding + "\n").collect(),
        Err(error) => format!("error: {error:#}\n").replace(case.to_str().unwrap(), "{case}"),
    }
}

#[test]
fn each_wording_is_found_in_texts_and_nowhere_else() {
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
