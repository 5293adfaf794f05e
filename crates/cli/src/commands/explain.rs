//! `ccs explain`: explains error texts.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::Path;

use ccs_explain::{Catalogue, Explanation};
use serde::Serialize;

use crate::cli::Explain;
use crate::failure::Failure;
use crate::output;
use crate::{layout, style};

/// The maximum size of a file or of standard input.
const MAX_INPUT_IN_BYTES: u64 = 64 * 1024 * 1024;

/// The document of `--json`.
#[derive(Serialize)]
struct Answer {
    explanations: Vec<Explanation>,
}

pub(crate) fn run(options: &Explain) -> Result<(), Failure> {
    let text = match options.text.as_slice() {
        [] => read_standard_input()?,
        [one] if one == "-" => read_standard_input()?,
        [one] if Path::new(one).is_file() => read_file(one)?,
        words => words.join(" "),
    };
    let catalogue = Catalogue::load().map_err(|error| Failure::from_error(&error))?;
    let explanations = catalogue.explain(&text);
    let known = !explanations.is_empty();
    if options.json {
        output::print_json(&Answer { explanations })?;
    } else {
        output::print(&explanations.iter().map(shown).collect::<Vec<_>>().join("\n"))?;
    }
    if known {
        return Ok(());
    }
    Err(Failure::new("no known error text found").hint(
        "paste whole lines, and also the peer's lines from just before it, or give the file of the log; the page \
         \"What errors mean\" (docs/errors.html) lists the known texts"
            .to_owned(),
    ))
}

fn read_standard_input() -> Result<String, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        anstream::eprintln!("paste the text, then press Ctrl-D on a line of its own");
    }
    read(stdin.lock(), "standard input")
}

fn read_file(path: &str) -> Result<String, Failure> {
    let name = style::safe(path);
    let file = File::open(path).map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    read(file, &name)
}

/// Reads a text of limited length; replaces bytes that are not UTF-8.
fn read(from: impl Read, name: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    from.take(MAX_INPUT_IN_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > MAX_INPUT_IN_BYTES {
        let message = format!("{name} has more than {MAX_INPUT_IN_BYTES} bytes");
        return Err(Failure::new(message).hint("give the end of the log: tail -n 1000 FILE".to_owned()));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn shown(explanation: &Explanation) -> String {
    let (name, faint) = (style::NAME, style::FAINT);
    let Explanation { id, line, matched, seen_by, cause, remedy, source, next } = explanation;
    let seen_by: Vec<_> = seen_by.iter().map(ToString::to_string).collect();
    let mut text = format!("{name}{id}{name:#} {faint}line {line}{faint:#}\n");
    text.push_str(&layout::field("matched", matched));
    if !seen_by.is_empty() {
        text.push_str(&layout::field("seen by", &seen_by.join(", ")));
    }
    for (label, value) in [("cause", cause), ("remedy", remedy), ("source", source), ("next", next)] {
        text.push_str(&layout::field(label, value));
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn the_next_command_of_every_entry_exists_with_its_options() {
        let catalogue = Catalogue::load().unwrap();
        let mut root = Cli::command();
        // Adds --help to every command.
        root.build();
        for entry in catalogue.entries().iter().filter(|entry| entry.next.starts_with("ccs ")) {
            let mut command = &root;
            for word in entry.next.split_whitespace().skip(1) {
                if let Some(option) = word.strip_prefix("--") {
                    let known = command.get_arguments().any(|argument| argument.get_long() == Some(option));
                    assert!(known, "{}: {} has no --{option}: {}", entry.id, command.get_name(), entry.next);
                } else if let Some(below) = command.find_subcommand(word) {
                    command = below;
                }
            }
            assert_ne!(command.get_name(), root.get_name(), "{}: {}", entry.id, entry.next);
        }
    }
}
