//! The lines on stderr. The peer logs each one; it does not read stdout.

use std::io::Write as _;

use ccs_launch::lines::one_line;

/// Writes lines, each with the program's name and, once it is known, the package's label.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    prefix: String,
}

impl Log {
    /// Starts the lines of a program.
    pub(crate) fn new(program: &str) -> Self {
        Self { prefix: program.to_owned() }
    }

    /// Names the package in the lines that follow.
    pub(crate) fn set_label(&mut self, label: &str) {
        if !label.is_empty() {
            let program = self.prefix.split(' ').next().unwrap_or_default();
            let label: String = label.chars().take(200).collect();
            self.prefix = format!("{program} {label}");
        }
    }

    /// Writes a line.
    pub(crate) fn write(&self, message: &str) {
        write_line(&format!("{}: {message}", self.prefix));
    }
}

/// Writes a line unchanged.
pub(crate) fn write_line(text: &str) {
    let mut line = one_line(text);
    line.push('\n');
    // Without a reader, the peer has ended. Other code detects this, and a panic here would abort the cleanup.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
