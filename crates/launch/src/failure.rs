//! Why a launch fails, in one line.

use std::fmt;
use std::path::Path;

use crate::ExitCode;
use crate::lines::one_line;

/// The maximum number of quoted characters of a chaincode's last line.
const LONGEST_LAST_LINE: usize = 300;

/// The failure of a launch, or of the build for it: exit code, reason and hint.
///
/// The reasons come from many sources (files, the system, a cluster), and callers only print them. Therefore a reason is text,
/// written where the cause is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    code: ExitCode,
    reason: String,
    hint: Option<String>,
}

impl Failure {
    /// Creates a failure with its reason: lower case, what could not be done, the file and the value.
    pub fn new(code: ExitCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), hint: None }
    }

    /// Creates the failure of an action on a file or folder, such as `read`, with the system's reason.
    pub fn system(action: &str, path: &Path, reason: impl fmt::Display) -> Self {
        Self::new(ExitCode::InputOutput, format!("cannot {action} {}: {reason}", path.display()))
    }

    /// Creates the failure of a chaincode that has ended: how it ended, whether with success, and the last line that it wrote.
    #[must_use]
    pub fn chaincode_ended(how: &str, is_success: bool, last: &str) -> Self {
        let last = match last.chars().take(LONGEST_LAST_LINE).collect::<String>() {
            last if last.is_empty() => " and wrote nothing".to_owned(),
            last => format!("; its last line: {last}"),
        };
        let failure = Self::new(ExitCode::Ended, format!("the chaincode {how}{last}"));
        if is_success {
            failure.with_hint(
                "a chaincode that dials the peer runs until it is stopped; is it built for the role server?",
            )
        } else {
            failure.with_hint("its output is in the lines above; the next transaction starts it again")
        }
    }

    /// Adds a hint: what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a hint, if there is one.
    #[must_use]
    pub fn with_hint_if_any(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.with_hint(hint),
            None => self,
        }
    }

    /// Returns the exit code.
    #[must_use]
    pub const fn code(&self) -> ExitCode {
        self.code
    }

    /// Returns the hint.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the text for the log: `error 46 chaincode ended: ...; hint: ...`, as one line that a peer can read.
    ///
    /// It escapes control characters, because reasons quote files of packages, and libraries do so without escaping.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("error {}: {}", self.code, self.reason);
        if let Some(hint) = &self.hint {
            line.push_str("; hint: ");
            line.push_str(hint);
        }
        one_line(&line)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_code_reason_and_hint() {
        let failure = Failure::new(ExitCode::Ended, "the chaincode ended with exit status 3");
        assert_eq!(failure.line(), "error 46 chaincode ended: the chaincode ended with exit status 3");
        let failure = failure.with_hint("its last lines are above");
        assert!(
            failure.line().ends_with("exit status 3; hint: its last lines are above"),
            "{}",
            failure.line()
        );
        let failure = Failure::new(ExitCode::ImageJson, "unknown variant `a\nb`");
        assert_eq!(failure.line(), r"error 21 image.json: unknown variant `a\nb`");
    }
}
