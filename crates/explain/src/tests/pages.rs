//! The pages of the documentation match the catalogue, and the findings match the documentation.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::catalogue;
use crate::catalogue::Entry;
use crate::pattern::capitals;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Compares a file with its expected content, or writes it.
fn compare(path: &Path, text: &str) {
    if std::env::var_os("CCS_BLESS").is_some() {
        std::fs::write(path, text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == text, "{} is out of date: `cargo xtask bless tests` writes it", path.display());
}

#[test]
fn the_pages_of_errors_are_the_catalogue() {
    let catalogue = catalogue();
    let entries = catalogue.entries();
    let mut pages: Vec<&[Entry]> = entries.chunk_by(|one, next| one.page == next.page).collect();
    // Exit codes have their own page.
    pages.retain(|page| page.iter().any(|entry| !entry.patterns.is_empty()));
    let folder = docs().join("errors");
    for page in &pages {
        compare(&folder.join(format!("{}.md", page[0].page)), &page_of(page));
    }
    compare(&docs().join("errors.md"), &index_of(&pages));
    let mut names: Vec<std::ffi::OsString> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    let mut expected: Vec<std::ffi::OsString> =
        pages.iter().map(|page| format!("{}.md", page[0].page).into()).collect();
    expected.sort();
    assert_eq!(names, expected);
}

fn index_of(pages: &[&[Entry]]) -> String {
    let mut index = String::from(
        "# What errors mean\n\n<!-- Made from crates/explain/src/catalogue by `cargo xtask bless tests`. -->\n\n\
         `ccs explain` finds the error texts of applications, commands, peers, orderers and chaincode in an error or in a whole\n\
         log, and says why it happens, what to do, and the next command, with names and numbers filled in:\n\n```sh\n\
         ccs explain \"docker build failed: docker build is disabled\"\nccs explain \"exit status 13\"   # an exit code of this project\n\
         ccs explain plaintext-remote   # a finding of ccs lint or ccs doctor, or the name of an error\n```\n\n\
         ```sh not run: needs a peer\npeer lifecycle chaincode install basic.tgz 2>&1 | ccs explain\nccs explain peer.log\n```\n\n\
         Errors wrap their causes, so `ccs explain` uses the last known text of a line. The advice for a text of TLS or gRPC\n\
         depends on who logged it: an application, a command, or a peer that dials a chaincode.\n\n\
         | Page | Seen by | Errors |\n| --- | --- | --- |\n",
    );
    for page in pages {
        let first = &page[0];
        let mut seen_by: Vec<_> =
            page.iter().flat_map(|entry| &entry.seen_by).map(ToString::to_string).collect();
        seen_by.sort();
        seen_by.dedup();
        let seen_by = seen_by.join(", ");
        let _ =
            writeln!(index, "| [{}](errors/{}.md) | {seen_by} | {} |", first.area, first.page, page.len());
    }
    index.push_str("\nThe exit codes of this project have [their own page](exit-codes.md).\n");
    index
}

fn page_of(entries: &[Entry]) -> String {
    let mut page = format!(
        "# {}\n\n<!-- Made from crates/explain/src/catalogue/{}.toml by `cargo xtask bless tests`. -->\n\n\
         [`ccs explain`](../errors.md) knows these texts. Words in capitals stand for what differs.\n",
        entries[0].area, entries[0].page
    );
    for entry in entries {
        let _ = write!(page, "\n## {}\n\n", entry.id);
        for pattern in &entry.patterns {
            let _ = writeln!(page, "    {}", capitals(pattern));
        }
        let seen_by: Vec<_> = entry.seen_by.iter().map(ToString::to_string).collect();
        let _ = write!(
            page,
            "\nSeen by: {}. {} {} Next: `{}`. ({})\n",
            seen_by.join(", "),
            capitals(&entry.cause),
            capitals(&entry.remedy),
            capitals(&entry.next),
            entry.source
        );
    }
    page
}

#[test]
fn the_findings_are_those_of_the_documentation() {
    let mut findings = String::new();
    let kinds = ["error", "warning", "note"];
    let steps = [
        "resolve",
        "tcp",
        "tls",
        "http2",
        "stream",
        "register",
        "id",
        "gateway",
        "channel",
        "identity",
        "chaincode",
    ];
    for (command, kinds) in [("lint", &kinds[..]), ("doctor", &kinds), ("probe", &steps)] {
        let page = std::fs::read_to_string(docs().join(format!("{command}.md"))).unwrap();
        for row in page.lines().filter_map(|line| line.strip_prefix("| `")) {
            let cells: Vec<_> = row.trim_end_matches(" |").splitn(3, " | ").collect();
            let [id, severity, text] = cells[..] else { continue };
            if severity.split(", ").all(|kind| kinds.contains(&kind)) {
                let _ = writeln!(
                    findings,
                    "{command}\t{}\t{severity}\t{}",
                    id.trim_end_matches('`'),
                    without_links(text)
                );
            }
        }
    }
    assert!(findings.lines().count() > 90, "{findings}");
    compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/findings.tsv"), &findings);
}

/// Leaves the text of a link, and not its address.
fn without_links(text: &str) -> String {
    let mut parts = text.split("](");
    let mut plain = parts.next().unwrap_or_default().replace('[', "");
    for part in parts {
        plain.push_str(part.split_once(')').map_or(part, |(_, after)| after).replace('[', "").as_str());
    }
    plain
}
