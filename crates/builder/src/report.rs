//! Writes the lines on stderr, which the peer logs. It ignores stdout.

use std::io::Write as _;

use crate::program::Program;
use crate::{Error, Warning};

/// The length limit of a line, in bytes. A peer stops reading a program's stderr at 64 KiB, and then the
/// program hangs.
pub const MAX_LINE: usize = 4_000;

/// The maximum number of warnings that one call prints.
pub const MAX_WARNINGS: usize = 40;

/// The writer for the lines of one call, each with the program's name and, once it is known, the package's
/// label.
#[derive(Debug)]
pub struct Report {
    program: Program,
    label: Option<String>,
}

impl Report {
    /// Creates the report of a program.
    #[must_use]
    pub fn new(program: Program) -> Self {
        Self { program, label: None }
    }

    /// Sets the package label for the lines that follow.
    pub fn set_label(&mut self, label: &str) {
        self.label = (!label.is_empty()).then(|| label.chars().take(200).collect());
    }

    /// Reports what was done.
    pub fn done(&self, message: &str) {
        self.write(message);
    }

    /// Prints warnings, one line each, up to [`MAX_WARNINGS`] lines.
    pub fn warnings(&self, messages: &[Warning]) {
        for message in messages.iter().take(MAX_WARNINGS) {
            self.write(&format!("warning: {message}"));
        }
        if let Some(more) = messages.len().checked_sub(MAX_WARNINGS).filter(|more| *more > 0) {
            self.write(&format!("warning: and {more} more warnings"));
        }
    }

    /// Reports why the program fails, with its exit code.
    pub fn error(&self, error: &Error) {
        self.write(&error_line(error));
    }

    fn write(&self, message: &str) {
        let mut line = self.line(message);
        line.push('\n');
        // Ignore a peer that has closed the pipe; the exit code still reports the failure.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn line(&self, message: &str) -> String {
        let prefix = match &self.label {
            Some(label) => format!("{} {label}: ", self.program.name()),
            None => format!("{}: ", self.program.name()),
        };
        one_line(&(prefix + message))
    }
}

/// Returns the text for an error: `error 13 address: ...; hint: ...`.
#[must_use]
pub fn error_line(error: &Error) -> String {
    let mut line = format!("error {}: {}", error.code(), chain(error));
    if let Some(hint) = error.hint() {
        line.push_str("; hint: ");
        line.push_str(&hint);
    }
    line
}

/// Formats an error with its causes, each once.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Converts a text to one line: control characters are escaped, and it is truncated to [`MAX_LINE`] bytes.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if line.len() > MAX_LINE {
            line.push_str("...");
            break;
        }
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_name_the_program_and_the_package() {
        let mut report = Report::new(Program::Build);
        assert_eq!(report.line("a\nb"), "build: a\\nb");
        report.set_label("basic_1.0");
        assert_eq!(report.line("x"), "build basic_1.0: x");
        report.set_label("");
        assert_eq!(report.line("x"), "build: x");
    }

    proptest! {
        #[test]
        fn a_line_is_one_line_and_short(text in ".{0,200}", times in 1..100_usize, label in any::<String>()) {
            let mut report = Report::new(Program::Detect);
            report.set_label(&label);
            let line = report.line(&text.repeat(times));
            prop_assert!(line.len() < 4_096);
            prop_assert!(!line.contains(['\n', '\r']));
        }
    }
}
