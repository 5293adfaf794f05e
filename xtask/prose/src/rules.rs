//! `rules.toml`: the wordings to avoid.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use regex::{Match, Regex};
use serde::Deserialize;

use crate::Finding;
use crate::passage::Passage;

/// How many characters around a wording are shown.
const AROUND: usize = 30;

/// The wordings to avoid, and where they are allowed.
pub(crate) struct Rules {
    rules: Vec<Rule>,
    document: Document,
}

struct Rule {
    avoid: Regex,
    unless: Option<Regex>,
    better: String,
}

/// The file, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// Files and folders that are not ours or not read by people.
    #[serde(default)]
    skip: Vec<Skip>,
    /// Wordings that are quoted from elsewhere.
    #[serde(default)]
    allow: Vec<Allow>,
    rule: Vec<Written>,
}

/// A file or folder that is not checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    path: String,
    #[expect(dead_code, reason = "people read it in the file")]
    reason: String,
}

/// A text that may have any wording.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    text: String,
    #[expect(dead_code, reason = "people read it in the file")]
    reason: String,
}

/// A rule, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    avoid: String,
    unless: Option<String>,
    example: String,
    better: String,
}

impl Rules {
    /// Reads the file.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let content = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&content).with_context(|| format!("invalid rules in {}", file.display()))
    }

    fn parse(content: &str) -> Result<Self> {
        let mut document: Document = toml::from_str(content)?;
        let rules =
            std::mem::take(&mut document.rule).into_iter().map(Rule::compile).collect::<Result<_>>()?;
        Ok(Self { rules, document })
    }

    /// Tells whether a file, relative to the root, is not checked.
    pub(crate) fn skips(&self, file: &Path) -> bool {
        self.document.skip.iter().any(|skip| file.starts_with(&skip.path))
    }

    /// Returns the wordings in a passage that break a rule.
    pub(crate) fn findings<'a>(
        &'a self,
        file: &'a Path,
        passage: &'a Passage,
    ) -> impl Iterator<Item = Finding> + 'a {
        self.rules.iter().flat_map(move |rule| {
            rule.avoid
                .find_iter(&passage.text)
                .filter(|found| !rule.permits(found) && !self.allows(&passage.text, found))
                .map(move |found| Finding {
                    file: file.to_owned(),
                    line: passage.line(found.start()),
                    excerpt: excerpt(&passage.text, &found),
                    better: rule.better.clone(),
                })
        })
    }

    /// Tells whether a wording is part of a text that may have it.
    fn allows(&self, text: &str, found: &Match<'_>) -> bool {
        self.document.allow.iter().any(|allow| {
            text.match_indices(&allow.text)
                .any(|(start, quoted)| start <= found.start() && found.end() <= start + quoted.len())
        })
    }
}

impl Rule {
    fn compile(written: Written) -> Result<Self> {
        let rule = Self {
            avoid: Regex::new(&written.avoid)?,
            unless: written.unless.as_deref().map(Regex::new).transpose()?,
            better: written.better,
        };
        let finds_example = rule.avoid.find_iter(&written.example).any(|found| !rule.permits(&found));
        ensure!(finds_example, "the rule {:?} does not find its example", written.avoid);
        Ok(rule)
    }

    /// Tells whether a wording only looks like one to avoid.
    fn permits(&self, found: &Match<'_>) -> bool {
        self.unless.as_ref().is_some_and(|unless| unless.is_match(found.as_str()))
    }
}

/// Returns a wording with what is around it.
fn excerpt(text: &str, found: &Match<'_>) -> String {
    let start = text.floor_char_boundary(found.start().saturating_sub(AROUND));
    let end = text.ceil_char_boundary((found.end() + AROUND).min(text.len()));
    text[start..end].trim().to_owned()
}
