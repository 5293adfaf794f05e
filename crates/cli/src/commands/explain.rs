//! `ccs explain`: what an error text means and what to do about it.

mod catalogue;
mod pattern;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io::{self, IsTerminal as _, Read as _};

use catalogue::{Catalogue, Recognised};
use serde::Serialize;

use crate::cli::Explain;
use crate::failure::Failure;
use crate::output;
use crate::{layout, style};

/// The most that is read from standard input.
const MAX_INPUT_IN_BYTES: u64 = 64 * 1024 * 1024;

/// How much of a line is looked at: a peer does not read longer ones either.
const MAX_LINE_IN_BYTES: usize = 64 * 1024;

/// The most lines that are taken for one broken text; in a log, lines that belong to nothing would be joined.
const MAX_BROKEN_LINES: usize = 20;

/// The document of `--json`.
#[derive(Serialize)]
struct Answer {
    explanations: Vec<Explanation>,
}

/// One recognised error.
#[derive(Debug, Serialize)]
struct Explanation {
    id: String,
    /// The first line with it, counted from 1.
    line: usize,
    matched: String,
    cause: String,
    remedy: String,
    source: String,
    next: String,
}

impl Explanation {
    fn new(line: usize, recognised: &Recognised<'_, '_>) -> Self {
        let Recognised { entry, found, .. } = recognised;
        let fill = |text: &str| style::safe(&found.fill(text));
        Self {
            id: entry.id.clone(),
            line,
            matched: style::safe(found.matched),
            cause: fill(&entry.cause),
            remedy: fill(&entry.remedy),
            source: entry.source.clone(),
            next: fill(&entry.next),
        }
    }
}

pub(crate) fn run(options: &Explain) -> Result<(), Failure> {
    let text =
        if options.text.is_empty() || options.text == ["-"] { read()? } else { options.text.join(" ") };
    let catalogue = Catalogue::load().map_err(|error| Failure::from_error(&error))?;
    let explanations = explain(&catalogue, &text);
    let known = !explanations.is_empty();
    if options.json {
        output::print_json(&Answer { explanations })?;
    } else {
        output::print(&explanations.iter().map(shown).collect::<Vec<_>>().join("\n"))?;
    }
    if known {
        return Ok(());
    }
    Err(Failure::new("no known error text is in there").hint(
        "paste whole lines, and also the peer's lines from just before it; docs/errors.md lists what is known"
            .to_owned(),
    ))
}

/// Explains every line that is recognised, each error once.
fn explain(catalogue: &Catalogue, text: &str) -> Vec<Explanation> {
    let mut seen = HashSet::new();
    let mut explanations = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = plain(line);
        if let Some(recognised) = catalogue.recognise(&line).filter(|one| seen.insert(one.entry.id.clone())) {
            explanations.push(Explanation::new(number + 1, &recognised));
        }
    }
    if explanations.is_empty() && text.lines().count() <= MAX_BROKEN_LINES {
        // A terminal or a mail may have broken one text into lines.
        let joined = plain(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        explanations.extend(catalogue.recognise(&joined).map(|recognised| Explanation::new(1, &recognised)));
    }
    explanations
}

/// The part of a line that is looked at, with the quotes of logs in JSON undone.
fn plain(line: &str) -> String {
    line[..line.floor_char_boundary(MAX_LINE_IN_BYTES)].replace("\\\"", "\"")
}

fn read() -> Result<String, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        anstream::eprintln!("paste the text, then press Ctrl-D on a line of its own");
    }
    let mut bytes = Vec::new();
    stdin
        .lock()
        .take(MAX_INPUT_IN_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format!("cannot read standard input: {error}")))?;
    if bytes.len() as u64 > MAX_INPUT_IN_BYTES {
        let message = format!("standard input has more than {MAX_INPUT_IN_BYTES} bytes");
        return Err(Failure::new(message).hint("give the end of the log: tail -n 1000 FILE".to_owned()));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn shown(explanation: &Explanation) -> String {
    let (name, faint) = (style::NAME, style::FAINT);
    let Explanation { id, line, matched, cause, remedy, source, next } = explanation;
    let mut text = format!("{name}{id}{name:#} {faint}line {line}{faint:#}\n");
    for (label, value) in
        [("matched", matched), ("cause", cause), ("remedy", remedy), ("source", source), ("next", next)]
    {
        text.push_str(&layout::field(label, value));
    }
    text
}
