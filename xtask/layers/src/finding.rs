//! One fault that the check found.

use std::fmt;

/// A fault: where it is, what is wrong, the lines that show it, and what to do.
#[derive(Debug)]
pub struct Finding {
    /// The file, and the line where there is one.
    pub place: String,
    /// What is wrong.
    pub fault: String,
    /// Lines that show why, such as the imports that form a cycle.
    pub evidence: Vec<String>,
    /// What to do.
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
