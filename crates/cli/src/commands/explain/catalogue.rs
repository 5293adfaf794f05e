//! The catalogue of error texts, and how a line is recognised.

use regex::RegexSet;
use serde::Deserialize;

use super::pattern::{Found, Pattern};

/// The catalogue as it is written.
const SOURCE: &str = include_str!("catalogue.toml");

/// What is known about one error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Where in the life of a chaincode it happens; the headings of docs/errors.md.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the page of documentation is made with it"))]
    pub(super) area: String,
    /// A name that does not change.
    pub(super) id: String,
    /// Texts that stand for this error.
    pub(super) patterns: Vec<String>,
    /// Why it happens.
    pub(super) cause: String,
    /// What to do about it.
    pub(super) remedy: String,
    /// Where the text comes from.
    pub(super) source: String,
    /// The next command to type.
    pub(super) next: String,
    /// Lines in which it occurs.
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests and the page of documentation use it"))]
    pub(super) examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    entry: Vec<Entry>,
}

/// Why the catalogue cannot be used; tests see to it that it can.
#[derive(Debug, thiserror::Error)]
pub(super) enum CatalogueError {
    /// It is no TOML of the right shape.
    #[error("the catalogue of errors cannot be read")]
    Toml(#[from] toml::de::Error),
    /// A pattern gives no regular expression.
    #[error("the catalogue of errors has a wrong pattern")]
    Pattern(#[from] regex::Error),
}

/// All entries, ready to look for.
#[derive(Debug)]
pub(super) struct Catalogue {
    entries: Vec<Entry>,
    /// The patterns of all entries, each with the entry's position.
    patterns: Vec<(usize, Pattern)>,
    /// Tells in one pass which patterns are in a line.
    set: RegexSet,
}

/// A line that says something known.
#[derive(Debug)]
pub(super) struct Recognised<'c, 't> {
    pub(super) entry: &'c Entry,
    /// Which pattern, counted over the whole catalogue.
    pub(super) pattern: usize,
    pub(super) found: Found<'t>,
}

impl Catalogue {
    /// Reads the catalogue that is part of this program.
    pub(super) fn load() -> Result<Self, CatalogueError> {
        let File { entry: entries } = toml::from_str(SOURCE)?;
        let mut patterns = Vec::new();
        for (position, entry) in entries.iter().enumerate() {
            for pattern in &entry.patterns {
                patterns.push((position, Pattern::parse(pattern)?));
            }
        }
        let set = RegexSet::new(patterns.iter().map(|(_, pattern)| pattern.expression()))?;
        Ok(Self { entries, patterns, set })
    }

    /// Finds the most specific error in a line.
    ///
    /// Errors are wrapped from the outside, so the text that ends last is the cause of those before it. Of texts that end
    /// together the one with more of its own says more.
    pub(super) fn recognise<'t>(&self, line: &'t str) -> Option<Recognised<'_, 't>> {
        let recognise = |number: usize| {
            let (entry, pattern) = &self.patterns[number];
            Some(Recognised { entry: &self.entries[*entry], pattern: number, found: pattern.find(line)? })
        };
        let matches = self.set.matches(line);
        let recognised = matches.iter().filter_map(recognise);
        recognised.max_by_key(|one| (one.found.end, self.patterns[one.pattern].1.own))
    }

    /// All entries in the order of the file.
    #[cfg(test)]
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All patterns with the position of their entry.
    #[cfg(test)]
    pub(super) fn patterns(&self) -> &[(usize, Pattern)] {
        &self.patterns
    }
}
