//! `cargo xtask check-versions`: one Rust release, named the same wherever it is named.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::tally::Tally;
use crate::workspace;

/// Pages that may tell the reader which Rust is needed.
const PAGES: [&str; 2] = ["README.md", "CONTRIBUTING.md"];

/// Files that name an image of Rust.
const IMAGE_NAMES: [&str; 2] = ["Dockerfile", "docs/docker.md"];

/// Compares Cargo.toml, rust-toolchain.toml and the pages.
pub(crate) fn run() -> Result<Tally> {
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
    if wrong.is_empty() {
        println!("passed  versions: Rust {stated} everywhere");
        return Ok(Tally::PASSED);
    }
    for wrong in wrong {
        println!("FAILED  versions: {wrong}");
    }
    Ok(Tally::FAILED)
}

/// Tells whether two texts name the same release; `1.95` and `1.95.0` do.
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

/// Reads a text out of a TOML file.
fn value(file: &Path, keys: &[&str]) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let table: toml::Table = text.parse().with_context(|| format!("in {}", file.display()))?;
    let mut value = &toml::Value::Table(table);
    for key in keys {
        value = value.get(key).with_context(|| format!("{} has no {}", file.display(), keys.join(".")))?;
    }
    let Some(text) = value.as_str() else { bail!("{} in {} is no text", keys.join("."), file.display()) };
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{is_same, numbers_after, releases};

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
