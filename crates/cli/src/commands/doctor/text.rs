//! The text of `ccs doctor`.

use std::fmt::Write as _;

use ccs_doctor::{Report, Type};
use ccs_report::{Counts, Finding, Severity};

use crate::style::safe;
use crate::{layout, style};

/// Writes the builders, the types that they accept, the trial and the findings.
pub(super) fn of(report: &Report) -> String {
    let mut text = String::new();
    write_builders(report, &mut text);
    write_types(report, &mut text);
    write_trial(report, &mut text);
    for finding in &report.findings {
        text.push_str(&shown(finding));
    }
    let counts = Counts { errors: report.errors, warnings: report.warnings, notes: report.notes };
    let color = if report.is_healthy() { style::GOOD } else { style::BAD };
    let _ = writeln!(text, "{color}{}{color:#}", counts.words());
    text
}

fn write_builders(report: &Report, text: &mut String) {
    heading(text, "external builders, in the order in which the peer asks them");
    for builder in &report.builders {
        let passes = if builder.propagates.is_empty() {
            "nothing of its own".to_owned()
        } else {
            builder.propagates.join(", ")
        };
        let name = if builder.name.is_empty() { "(no name)" } else { &builder.name };
        text.push_str(&layout::field(&safe(name), &safe(&format!("{}, passes on {passes}", builder.path))));
    }
    let docker =
        report.docker.as_deref().unwrap_or("off: the peer rejects a package that no builder accepts");
    text.push_str(&layout::field("Docker", &safe(docker)));
    text.push('\n');
}

fn write_types(report: &Report, text: &mut String) {
    if report.types.is_empty() {
        return;
    }
    heading(text, "the builder that accepts each type, by its detect");
    let none = report.docker.as_ref().map_or("none", |_| "none: goes to Docker");
    for Type { name, taken_by } in &report.types {
        let taken_by = if taken_by.is_empty() { none.to_owned() } else { taken_by.join(", then ") };
        text.push_str(&layout::field(name, &safe(&taken_by)));
    }
    text.push('\n');
}

fn write_trial(report: &Report, text: &mut String) {
    let Some(trial) = &report.trial else { return };
    heading(text, &format!("the peer's log of an install of {}", trial.package_id));
    for line in &trial.log {
        let _ = writeln!(text, "  {line}");
    }
    if let Some(connection) = &trial.connection {
        heading(text, "\nthe connection.json that the peer gets");
        let _ = writeln!(text, "{connection:#}");
    }
    text.push('\n');
}

fn heading(text: &mut String, heading: &str) {
    let name = style::NAME;
    let _ = writeln!(text, "{name}{heading}{name:#}");
}

fn shown(finding: &Finding) -> String {
    let color = if finding.severity == Severity::Error { style::BAD } else { style::NAME };
    let faint = style::FAINT;
    let (word, id, at) = (finding.severity.word(), finding.id, safe(&finding.at));
    let mut text = format!("{color}{word}{color:#} {at} {faint}({id}){faint:#}\n");
    text.push_str(&layout::paragraph(&safe(&finding.message)));
    if let Some(hint) = &finding.hint {
        text.push_str(&layout::paragraph(&safe(&format!("hint: {hint}"))));
    }
    text.push('\n');
    text
}
