//! Explanations of a whole text, line by line.

use std::borrow::Cow;
use std::collections::HashSet;

use ccs_report::terminal::safe;
use serde::Serialize;

use crate::catalogue::{Catalogue, Recognized, SeenBy};
use crate::pattern::capitals;

/// The maximum searched length of a line, in bytes; a peer does not read longer ones either.
const MAX_LINE_IN_BYTES: usize = 64 * 1024;

/// The maximum number of lines that are joined as one broken text; in a longer log, unrelated lines would be joined.
const MAX_BROKEN_LINES: usize = 20;

/// One recognized error. Every text is safe to print on a terminal.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The stable name of the error.
    pub id: String,
    /// The first line with it, counted from 1.
    pub line: usize,
    /// The part of the line that was recognized.
    pub matched: String,
    /// Where the error appears; empty for a finding of this project's own commands.
    pub seen_by: Vec<SeenBy>,
    /// Why it happens.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
    /// Where the text comes from.
    pub source: String,
    /// The next command to type.
    pub next: String,
}

impl Explanation {
    fn new(line: usize, recognized: &Recognized<'_, '_>) -> Self {
        let Recognized { entry, found, .. } = recognized;
        // A pattern may lack some places of its entry.
        let fill = |text: &str| safe(&capitals(&found.fill(text)));
        Self {
            id: entry.id.clone(),
            line,
            matched: safe(found.matched),
            seen_by: entry.seen_by.clone(),
            cause: fill(&entry.cause),
            remedy: fill(&entry.remedy),
            source: entry.source.clone(),
            next: fill(&entry.next),
        }
    }
}

impl Catalogue {
    /// Explains every line that is recognized, each error once; or a text that is nothing but an exit code, or the name of an
    /// error or of a finding of `ccs lint` or `ccs doctor`.
    #[must_use]
    pub fn explain(&self, text: &str) -> Vec<Explanation> {
        let whole = self.explain_whole(text);
        if !whole.is_empty() {
            return whole;
        }
        let mut seen = HashSet::new();
        let mut explanations = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = plain(line);
            if let Some(recognized) = self.recognize(&line).filter(|one| seen.insert(one.entry.id.clone())) {
                explanations.push(Explanation::new(number + 1, &recognized));
            }
        }
        if explanations.is_empty() && text.lines().count() <= MAX_BROKEN_LINES {
            // A terminal or an e-mail may have broken one text into lines.
            let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
            explanations
                .extend(self.recognize(&plain(&joined)).map(|recognized| Explanation::new(1, &recognized)));
        }
        explanations
    }
}

/// Returns the part of a line that is searched, with the quotes of logs in JSON undone.
pub(crate) fn plain(line: &str) -> Cow<'_, str> {
    let line = &line[..line.floor_char_boundary(MAX_LINE_IN_BYTES)];
    if line.contains("\\\"") { Cow::Owned(line.replace("\\\"", "\"")) } else { Cow::Borrowed(line) }
}
