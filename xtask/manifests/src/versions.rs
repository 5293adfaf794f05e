//! `cargo xtask check-versions`: checks that all files name the same Rust release, the same version of the project and the same
//! builder.

use std::path::Path;

use anyhow::{Context, Result, bail};

use xtask_base::tally::Tally;
use xtask_base::workspace;

/// Pages that may name the required Rust release.
const PAGES: [&str; 2] = ["README.md", "CONTRIBUTING.md"];

/// Files that name a Rust image.
const IMAGE_NAMES: [&str; 3] = ["Dockerfile", "docs/docker.md", ".devcontainer/devcontainer.json"];

/// Options of `cargo xtask check-versions`.
#[derive(clap::Args, Default)]
pub struct Options {
    /// The tag of a release: it must match the version, and the change log must have a section for that version
    #[arg(long)]
    tag: Option<String>,
}

/// The places of the project's version, and the text that precedes it.
const MENTIONS: [(&str, &str); 7] = [
    ("Dockerfile", "ARG VERSION="),
    ("deploy/helm/chaincode/Chart.yaml", "\nversion: "),
    ("deploy/helm/chaincode/Chart.yaml", "\nappVersion: "),
    ("deploy/helm/chaincode/values.yaml", "fabric-ccs-builder:"),
    ("deploy/kubernetes/peer-builder/peer-builder.yaml", "fabric-ccs-builder:"),
    ("deploy/kubernetes/peer-launcher/peer-launcher.yaml", "fabric-ccs-builder:"),
    ("docs/kubernetes.md", "fabric-ccs-builder:"),
];

/// Compares Cargo.toml with rust-toolchain.toml, the pages, the manifests and the change log.
pub fn run(options: &Options) -> Result<Tally> {
    let tag = options.tag.as_deref().map_or(Ok(Tally::default()), release)?;
    Ok(rust()? + of_the_project()? + change_log()? + builder_name()? + tag)
}

fn builder_name() -> Result<Tally> {
    let name = value(&crate::deploy("names.toml"), &["builder"])?;
    let wrong = crate::builder_name::differences(&name)?;
    Ok(report(&wrong, &format!("the builder is called {name} everywhere")))
}

/// Returns the project's version.
pub(crate) fn project() -> Result<String> {
    value(&workspace::root().join("Cargo.toml"), &["workspace", "package", "version"])
}

fn rust() -> Result<Tally> {
    let root = workspace::root();
    let stated = value(&root.join("Cargo.toml"), &["workspace", "package", "rust-version"])?;
    let channel = value(&root.join("rust-toolchain.toml"), &["toolchain", "channel"])?;
    let mut wrong = Vec::new();
    if !is_same(&channel, &stated) {
        wrong.push(format!("rust-toolchain.toml has {channel}, Cargo.toml has rust-version {stated}"));
    }
    for page in PAGES {
        let text = std::fs::read_to_string(root.join(page)).unwrap_or_default();
        let others = releases(&text).into_iter().filter(|release| !is_same(release, &stated));
        wrong.extend(others.map(|release| format!("{page} names Rust {release}, Cargo.toml has {stated}")));
    }
    for file in IMAGE_NAMES {
        let text = std::fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?;
        let named = numbers_after(&text, "library/rust:");
        let others = named.into_iter().filter(|release| !is_same(release, &stated));
        wrong.extend(others.map(|release| format!("{file} names rust:{release}, Cargo.toml has {stated}")));
    }
    Ok(report(&wrong, &format!("Rust {stated} everywhere")))
}

fn of_the_project() -> Result<Tally> {
    let stated = project()?;
    let mut wrong = Vec::new();
    for (file, before) in MENTIONS {
        let text = std::fs::read_to_string(workspace::root().join(file))
            .with_context(|| format!("cannot read {file}"))?;
        let found = mentions(&text, before);
        if found.is_empty() {
            wrong.push(format!("{file} has nothing after {:?}", before.trim()));
        }
        let others = found.into_iter().filter(|version| *version != stated);
        wrong.extend(others.map(|version| format!("{file} has {version}, Cargo.toml has {stated}")));
    }
    Ok(report(&wrong, &format!("project {stated} everywhere")))
}

/// Checks that the change log has a section for the version, or one for unreleased changes.
fn change_log() -> Result<Tally> {
    let (stated, text) = (project()?, change_log_text()?);
    let told = has_section(&text, &stated) || has_section(&text, "Unreleased");
    let wrong = unless(told, || {
        format!("CHANGELOG.md has a section neither for {stated} nor for unreleased changes")
    });
    Ok(report(&wrong, &format!("the change log has a section for {stated}")))
}

/// Checks that a tag matches the version of the files, and that the change log has a section for it.
fn release(tag: &str) -> Result<Tally> {
    let stated = project()?;
    let mut wrong = unless(tag.strip_prefix('v') == Some(&stated), || {
        format!("the tag is {tag}, but the version in Cargo.toml requires v{stated}")
    });
    wrong.extend(unless(has_section(&change_log_text()?, &stated), || {
        format!("CHANGELOG.md has no section {stated}")
    }));
    Ok(report(&wrong, &format!("{tag} can be released")))
}

fn change_log_text() -> Result<String> {
    let path = workspace::root().join("CHANGELOG.md");
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

fn unless(holds: bool, complaint: impl FnOnce() -> String) -> Vec<String> {
    if holds { Vec::new() } else { vec![complaint()] }
}

/// Returns whether a section has an entry; its heading may have a date after the version.
fn has_section(text: &str, version: &str) -> bool {
    text.split("\n## ").skip(1).any(|section| {
        let heading = section.lines().next().unwrap_or_default();
        heading.split(' ').next() == Some(version) && section.lines().any(|line| line.starts_with("- "))
    })
}

fn report(wrong: &[String], finding: &str) -> Tally {
    if wrong.is_empty() {
        println!("passed  versions: {finding}");
        return Tally::PASSED;
    }
    for wrong in wrong {
        println!("FAILED  versions: {wrong}");
    }
    Tally::FAILED
}

/// Finds every version that follows a text: its numbers, without a suffix.
fn mentions<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let after = text.match_indices(before).map(|(at, _)| &text[at + before.len()..]);
    let number = |rest: &'a str| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        &rest[..end]
    };
    after.map(number).filter(|version| version.contains('.')).collect()
}

/// Returns whether two texts name the same release, such as `1.95` and `1.95.0`.
fn is_same(one: &str, other: &str) -> bool {
    let short = |text: &str| text.trim_end_matches(".0").to_owned();
    short(one) == short(other)
}

/// Finds every `Rust 1.x` in a page.
fn releases(page: &str) -> Vec<String> {
    numbers_after(page, "Rust ").into_iter().filter(|number| number.starts_with("1.")).collect()
}

/// Finds the numbers that follow a word.
fn numbers_after(page: &str, word: &str) -> Vec<String> {
    page.match_indices(word)
        .map(|(at, _)| {
            let number = &page[at + word.len()..];
            let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
            number[..end].trim_end_matches('.').to_owned()
        })
        .collect()
}

/// Reads a text from a TOML file.
fn value(file: &Path, keys: &[&str]) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let table: toml::Table = text.parse().with_context(|| format!("in {}", file.display()))?;
    let mut value = &toml::Value::Table(table);
    for key in keys {
        value = value.get(key).with_context(|| format!("{} has no {}", file.display(), keys.join(".")))?;
    }
    let Some(text) = value.as_str() else { bail!("{} in {} is not a text", keys.join("."), file.display()) };
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{has_section, is_same, mentions, numbers_after, releases};

    #[test]
    fn versions_are_found_without_what_is_appended() {
        let text = "x:0.1.0-minimal\nx:VERSION x:1.2.3";
        assert_eq!(mentions(text, "x:"), ["0.1.0", "1.2.3"]);
    }

    #[test]
    fn a_section_is_one_with_an_entry() {
        let text =
            |heading: &str, entry: &str| format!("# Changelog\n\n## {heading}\n\n### Added\n\n{entry}\n");
        assert!(has_section(&text("0.1.0", "- all"), "0.1.0"));
        assert!(has_section(&text("0.1.0 - 2026-11-26", "- all"), "0.1.0"));
        assert!(!has_section(&text("0.1.0", "nothing"), "0.1.0"));
        assert!(!has_section(&text("Unreleased", "- all"), "0.1.0"));
    }

    #[test]
    fn a_release_is_the_same_with_and_without_its_last_zero() {
        assert!(is_same("1.95", "1.95.0"));
        assert!(!is_same("1.95", "1.96"));
        assert!(!is_same("1.95.1", "1.95"));
    }

    #[test]
    fn every_mention_in_a_page_is_found() {
        assert_eq!(numbers_after("docker.io/library/rust:1.95-slim", "library/rust:"), ["1.95"]);
        assert_eq!(releases("needs Rust 1.95. Rust 1.90.0 or Rust will not do"), ["1.95", "1.90.0"]);
    }
}
