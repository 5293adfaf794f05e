//! Runs the commands that the documentation shows.
//!
//! Each page is a story: its blocks that begin with ```` ```sh ```` run one after another in one shell, in an empty folder,
//! with `ccs` and `ccs-builder` on the PATH. A block that cannot run here says why behind that word.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use ccs_testkit::{NodeSample, ccs_builder, source_tree};

/// The commands of a page, and how many blocks there were that do not run here.
fn script(page: &str) -> (String, usize) {
    let mut script = String::new();
    let (mut inside, mut skipped) = (false, 0);
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some("sh") => inside = true,
            Some(info) => {
                inside = false;
                skipped += usize::from(info.starts_with("sh "));
            }
            None if inside => {
                script.push_str(line);
                script.push('\n');
            }
            None => {}
        }
    }
    (script, skipped)
}

/// Runs a page; returns what went wrong.
fn run(page: &Path) -> Option<String> {
    let (script, _) = script(&fs::read_to_string(page).unwrap());
    if script.is_empty() {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join(".bin");
    fs::create_dir(&bin).unwrap();
    symlink(cargo_bin("ccs"), bin.join("ccs")).unwrap();
    symlink(ccs_builder(), bin.join("ccs-builder")).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-eux", "-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        // Pages that serve do it here, so that no port has to be free.
        .env("PORT", NodeSample::free_port().to_string())
        .env_remove("CARGO")
        .output()
        .unwrap();
    (!output.status.success()).then(|| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}: {}\n{}{}", page.display(), output.status, text(&output.stdout), text(&output.stderr))
    })
}

#[test]
fn the_commands_of_every_page_work() {
    let mut pages: Vec<_> =
        fs::read_dir(source_tree().join("docs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.push(source_tree().join("README.md"));
    pages.sort();
    let failures: Vec<String> = pages.iter().filter_map(|page| run(page)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn no_block_that_runs_needs_a_port_of_its_own() {
    for page in fs::read_dir(source_tree().join("docs")).unwrap().map(|entry| entry.unwrap().path()) {
        if page.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let (script, _) = script(&fs::read_to_string(&page).unwrap());
        let serves = ["ccs sample-chaincode", "ccs dev "].iter().any(|server| script.contains(server));
        assert!(!serves || script.contains("${PORT:-"), "{}", page.display());
    }
}

#[test]
fn a_block_that_does_not_run_says_why() {
    let page = "```sh\necho a\n```\n\n```json\n{}\n```\n\n```sh not run: needs a peer\nfalse\n```\n";
    assert_eq!(script(page), ("echo a\n".to_owned(), 1));
}
