//! The catalogue of error texts, and how a line is recognised.

use regex::RegexSet;
use serde::Deserialize;

use crate::pattern::{Found, Pattern};

/// The catalogue as it is written.
const SOURCE: &str = include_str!("catalogue.toml");

/// What is known about one error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The phase of a chaincode's life in which it happens; a heading of `docs/errors.md`.
    pub area: String,
    /// A name that does not change.
    pub id: String,
    /// Texts that stand for this error.
    pub patterns: Vec<String>,
    /// Why it happens.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
    /// Where the text comes from.
    pub source: String,
    /// The next command to type.
    pub next: String,
    /// Lines in which it occurs.
    pub examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    entry: Vec<Entry>,
}

/// The catalogue cannot be used; the tests prove that it can.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is not TOML of the right shape.
    #[error("the catalogue of errors cannot be read")]
    Toml(#[from] toml::de::Error),
    /// A pattern does not translate to a regular expression.
    #[error("the catalogue of errors has a wrong pattern")]
    Pattern(#[from] regex::Error),
}

/// All entries, ready to look for.
#[derive(Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
    /// The patterns of all entries, each with the entry's position.
    patterns: Vec<(usize, Pattern)>,
    /// Tells in one pass which patterns are in a line.
    set: RegexSet,
}

/// A line that says something known.
#[derive(Debug)]
pub(crate) struct Recognised<'c, 't> {
    pub(crate) entry: &'c Entry,
    /// Which pattern, counted over the whole catalogue.
    pub(crate) pattern: usize,
    pub(crate) found: Found<'t>,
}

impl Catalogue {
    /// Reads the catalogue that is compiled into this crate.
    pub fn load() -> Result<Self, CatalogueError> {
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
    pub(crate) fn recognise<'t>(&self, line: &'t str) -> Option<Recognised<'_, 't>> {
        let recognise = |number: usize| {
            let (entry, pattern) = &self.patterns[number];
            Some(Recognised { entry: &self.entries[*entry], pattern: number, found: pattern.find(line)? })
        };
        let matches = self.set.matches(line);
        let recognised = matches.iter().filter_map(recognise);
        recognised.max_by_key(|one| (one.found.end, self.patterns[one.pattern].1.own))
    }

    /// Returns all entries in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns all patterns, each with the position of its entry.
    #[cfg(test)]
    pub(crate) fn patterns(&self) -> &[(usize, Pattern)] {
        &self.patterns
    }
}
