//! Checks the number of product lines of a crate.

use crate::finding::Finding;
use crate::rules::Rules;
use crate::source::Sources;
use crate::workspace::{Member, Workspace};

/// Compares the crate's product lines with the limit.
pub(crate) fn check(
    workspace: &Workspace,
    member: &Member,
    sources: &Sources,
    rules: &Rules,
) -> Option<Finding> {
    let (lines, most) = (sources.lines(), rules.most_lines);
    (lines >= most).then(|| Finding {
        place: format!("{}/Cargo.toml", workspace.shown(&member.folder)),
        fault: format!("the crate has {lines} product lines; a crate has fewer than {most}"),
        evidence: Vec::new(),
        hint: "move a part that others could use by itself into a crate of its own".to_owned(),
    })
}
