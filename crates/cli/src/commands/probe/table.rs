//! The document as text.

use std::fmt::Write as _;
use std::time::Duration;

use ccs_probe::{Document, Line};

use crate::style::{self, BAD, FAINT, GOOD, NAME};

/// Where the text of a line begins, in columns.
const INDENT: usize = 31;

/// Writes the table with colors, which the caller may remove.
pub(super) fn table(document: &Document) -> String {
    let id = document.expected_id.as_ref().map(|id| format!(", expecting {id}")).unwrap_or_default();
    let mut text = format!("{NAME}{}{NAME:#} in {}{id}\n\n", shown(&document.address), document.security)
        .replace("in TLS", "over TLS")
        .replace("in mutual", "over mutual");
    for line in &document.steps {
        step(&mut text, line);
    }
    text
}

fn step(text: &mut String, line: &Line) {
    let (style, verdict) = match line.verdict {
        "ok" => (GOOD, "ok"),
        "failed" => (BAD, "FAILED"),
        _ => (FAINT, "-"),
    };
    let time =
        line.milliseconds.map(|ms| style::duration(Duration::from_secs_f64(ms / 1e3))).unwrap_or_default();
    let (name, result) = (title(line.step), shown(&line.result));
    let result = if result == "not reached" { String::new() } else { result };
    // Writing to a String cannot fail.
    let _ = write!(text, "  {NAME}{name:<9}{NAME:#} {style}{verdict}{style:#}");
    if !(time.is_empty() && result.is_empty()) {
        let _ = write!(text, "{:1$} {time:>8}    {result}", "", 6 - verdict.len());
    }
    text.push('\n');
    for advice in &line.advice {
        let mut mark = '-';
        for part in wrapped(&shown(advice), 110 - INDENT - 2) {
            let _ = writeln!(text, "{:INDENT$}{FAINT}{mark} {part}{FAINT:#}", "");
            mark = ' ';
        }
    }
}

pub(super) const fn title(step: &str) -> &str {
    match step.as_bytes() {
        b"tcp" => "TCP",
        b"tls" => "TLS",
        b"http2" => "HTTP/2",
        b"register" => "REGISTER",
        b"id" => "ID",
        _ => step,
    }
}

/// Breaks a text into lines between its words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Makes a text that came from a server safe for a terminal.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
