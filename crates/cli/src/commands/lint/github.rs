//! Findings as workflow commands of GitHub Actions, which shows them as annotations.

use std::fmt::Write as _;
use std::path::Path;

use ccs_package_tools::lint::{Broken, Report, source_of};
use ccs_report::Severity;

use crate::style::safe;

/// Returns a workflow command for each finding.
pub(super) fn annotations(report: &Report, subject: &Path) -> String {
    let mut text = String::new();
    for Broken { finding, .. } in &report.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let hint = finding.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
        // The builder's own messages mostly name the file.
        let begin = if finding.message.starts_with(&finding.at) {
            String::new()
        } else {
            format!("{}: ", finding.at)
        };
        let message = format!("{begin}{}{hint}", finding.message);
        let file = file(subject, &finding.at);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "::{command} file={},title={}::{}",
            property(&file),
            property(finding.id),
            message.split('\n').map(|line| data(&safe(line))).collect::<Vec<_>>().join("%0A")
        );
    }
    text
}

/// Returns the file that a person can open: in a folder the one with the finding, otherwise the package.
fn file(subject: &Path, at: &str) -> String {
    let inner = source_of(subject).join(at);
    let file = if subject.is_dir() && inner.is_file() { &inner } else { subject };
    safe(&file.to_string_lossy())
}

/// Escapes the text of a command (GitHub's `actions/toolkit`, `packages/core/src/command.ts`).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command, as GitHub's toolkit does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_property_or_a_line_is_escaped() {
        assert_eq!(property("a,b:c%\n"), "a%2Cb%3Ac%25%0A");
        assert_eq!(data("50%: a,b"), "50%25: a,b");
    }
}
