//! The catalogue of error texts, and how a line is recognized.

use std::fmt;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::pattern::{Found, Pattern};

/// The files of the catalogue: the page of the documentation that is made from each, and its text.
const FILES: &[(&str, &str)] = &[
    ("gateway", include_str!("catalogue/gateway.toml")),
    ("validation-codes", include_str!("catalogue/validation-codes.toml")),
    ("sdk-gateway", include_str!("catalogue/sdk-gateway.toml")),
    ("sdk-node", include_str!("catalogue/sdk-node.toml")),
    ("sdk-go", include_str!("catalogue/sdk-go.toml")),
    ("sdk-java", include_str!("catalogue/sdk-java.toml")),
    ("discovery", include_str!("catalogue/discovery.toml")),
    ("connections", include_str!("catalogue/connections.toml")),
    ("identities", include_str!("catalogue/identities.toml")),
    ("peer-command", include_str!("catalogue/peer-command.toml")),
    ("definitions", include_str!("catalogue/definitions.toml")),
    ("orderer", include_str!("catalogue/orderer.toml")),
    ("peer-configuration", include_str!("catalogue/peer-configuration.toml")),
    ("couchdb", include_str!("catalogue/couchdb.toml")),
    ("install-package", include_str!("catalogue/install-package.toml")),
    ("install-builders", include_str!("catalogue/install-builders.toml")),
    ("indexes", include_str!("catalogue/indexes.toml")),
    ("docker", include_str!("catalogue/docker.toml")),
    ("ccs-builder", include_str!("catalogue/ccs-builder.toml")),
    ("ccs-launcher", include_str!("catalogue/ccs-launcher.toml")),
    ("ccs", include_str!("catalogue/ccs.toml")),
    ("connection-json", include_str!("catalogue/connection-json.toml")),
    ("chaincode-connections", include_str!("catalogue/chaincode-connections.toml")),
    ("registration", include_str!("catalogue/registration.toml")),
    ("transactions", include_str!("catalogue/transactions.toml")),
    ("shim-go", include_str!("catalogue/shim-go.toml")),
    ("shim-node", include_str!("catalogue/shim-node.toml")),
    ("shim-java", include_str!("catalogue/shim-java.toml")),
];

/// Where an error appears.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SeenBy {
    /// What an application catches or logs.
    Application,
    /// What `peer`, `osnadmin` and Fabric's other commands print.
    PeerCommand,
    /// The log of a chaincode.
    ChaincodeLog,
    /// The log of a peer.
    PeerLog,
    /// The log of an orderer.
    OrdererLog,
}

impl fmt::Display for SeenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Application => "the application",
            Self::PeerCommand => "the peer command",
            Self::ChaincodeLog => "the chaincode's log",
            Self::PeerLog => "the peer's log",
            Self::OrdererLog => "the orderer's log",
        })
    }
}

/// The entry of one error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The page of `docs/errors` with it, without the folder and the extension.
    #[serde(skip)]
    pub page: &'static str,
    /// The heading of that page.
    #[serde(skip)]
    pub area: String,
    /// A name that does not change.
    pub id: String,
    /// The patterns of this error.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// The contexts to which the entry is limited; empty for any line.
    #[serde(default)]
    pub contexts: Vec<Context>,
    /// Where it appears.
    #[serde(default)]
    pub seen_by: Vec<SeenBy>,
    /// The exit codes of this project's programs for this error.
    #[serde(default)]
    pub exit_codes: Vec<u8>,
    /// Why it happens.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
    /// Where the text comes from.
    pub source: String,
    /// The next command to type.
    pub next: String,
    /// Lines in which it occurs.
    #[serde(default)]
    pub examples: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    area: String,
    /// The default for the entries of the file.
    seen_by: Vec<SeenBy>,
    entry: Vec<Entry>,
}

/// The catalogue cannot be used; the tests prove that it can.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// It is not TOML of the right shape.
    #[error("the catalogue of errors cannot be read")]
    Toml(#[from] toml::de::Error),
    /// The texts of the patterns cannot be searched together.
    #[error("the catalogue of errors cannot be searched")]
    Search(#[from] aho_corasick::BuildError),
}

/// All entries, prepared for a search.
#[derive(Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
    /// The patterns of all entries, each with the entry's position.
    patterns: Vec<(usize, Pattern)>,
    /// Finds in one pass the longest own text of each pattern, in the order of the patterns.
    texts: AhoCorasick,
}

/// A recognized line.
#[derive(Debug)]
pub(crate) struct Recognized<'c, 't> {
    pub(crate) entry: &'c Entry,
    /// Which pattern, counted over the whole catalogue.
    #[cfg(test)]
    pub(crate) pattern: usize,
    pub(crate) found: Found<'t>,
}

impl Catalogue {
    /// Reads the catalogue that is compiled into this crate.
    pub fn load() -> Result<Self, CatalogueError> {
        let mut entries = Vec::new();
        for (page, text) in FILES {
            let file: File = toml::from_str(text)?;
            entries.extend(file.entry.into_iter().map(|mut entry| {
                if entry.seen_by.is_empty() {
                    entry.seen_by.clone_from(&file.seen_by);
                }
                Entry { page, area: file.area.clone(), ..entry }
            }));
        }
        let mut patterns = Vec::new();
        for (position, entry) in entries.iter().enumerate() {
            for pattern in &entry.patterns {
                patterns.push((position, Pattern::parse(pattern)));
            }
        }
        let texts = AhoCorasick::new(patterns.iter().map(|(_, pattern)| &pattern.longest))?;
        Ok(Self { entries, patterns, texts })
    }

    /// Finds the most specific error in a line.
    ///
    /// Programs wrap errors from the outside, so the text that ends last is the cause of those before it. Of texts that end
    /// together, one that is limited to the line's context is more specific, and then the one with more own text. A text within a
    /// place of another one is also its cause.
    pub(crate) fn recognize<'t>(&self, line: &'t str) -> Option<Recognized<'_, 't>> {
        let mut matches = self.matches(line);
        matches.sort_by_key(|(number, range)| {
            let (entry, pattern) = &self.patterns[*number];
            (range.end, !self.entries[*entry].contexts.is_empty(), pattern.own)
        });
        let (mut number, range) = matches.pop()?;
        let mut found = self.patterns[number].1.read(line, range.start)?;
        // Each is shorter than the one that holds it.
        while let Some(position) = matches.iter().rposition(|(_, range)| found.holds(range)) {
            let range;
            (number, range) = matches.remove(position);
            found = self.patterns[number].1.read(line, range.start)?;
        }
        Some(Recognized {
            entry: &self.entries[self.patterns[number].0],
            #[cfg(test)]
            pattern: number,
            found,
        })
    }

    /// Finds all patterns in a line that fit its context, each with the bytes where it is.
    fn matches(&self, line: &str) -> Vec<(usize, Range<usize>)> {
        let mut candidates: Vec<_> =
            self.texts.find_overlapping_iter(line).map(|found| found.pattern().as_usize()).collect();
        if candidates.is_empty() {
            return Vec::new();
        }
        candidates.sort_unstable();
        candidates.dedup();
        let context = Context::of(line);
        let fits = |number: &usize| {
            let contexts = &self.entries[self.patterns[*number].0].contexts;
            contexts.is_empty() || context.is_some_and(|one| contexts.contains(&one))
        };
        let found = |number: usize| Some((number, self.patterns[number].1.find(line)?));
        candidates.into_iter().filter(fits).filter_map(found).collect()
    }

    /// Returns all entries in the order of the files.
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
