//! One fault that the check found.

use std::fmt;

/// A fault: its place, a description, evidence, and a hint.
#[derive(Debug)]
pub struct Finding {
    /// The file, and the line if there is one.
    pub place: String,
    /// The description.
    pub fault: String,
    /// Lines with evidence, such as the imports that form a cycle.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.place, self.fault)?;
        for line in &self.evidence {
            writeln!(f, "    {line}")?;
        }
        write!(f, "  hint: {}", self.hint)
    }
}
