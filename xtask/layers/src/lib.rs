//! The check of `cargo xtask layers`: the crates and the files of a workspace use each other in one direction.
//!
//! | Rule | File |
//! | --- | --- |
//! | The crates form no cycle, and `docs/architecture.md` shows which uses which. | `crates`, `page` |
//! | No crate depends on a crate that `layers.toml` forbids to it, not even through others. | `forbidden` |
//! | A crate has no more product lines than `layers.toml` allows. | `size` |
//! | The files of a crate form no cycle. | `files` |
//!
//! **Which file uses which.** A file uses the files that declare the items that its product code names, wherever those are
//! re-exported; a file below a module may also name what that module declares, since it is a part of it. So `mod` lines,
//! `pub use` lines, and the way from a file up to the files of the modules around it do not count.
//!
//! Data flows one way: `rules` and `workspace` are read, `source` parses a crate into `modules`, `files` resolves
//! the names in them to arrows between files, `cycle` finds the cycles, and each fault becomes a [`Finding`].

mod crates;
mod cycle;
mod files;
mod finding;
mod forbidden;
mod modules;
mod page;
mod rules;
mod size;
mod source;
mod workspace;

use std::path::Path;

use anyhow::Result;

pub use finding::Finding;
use rules::Rules;
use source::Sources;
use workspace::Workspace;

/// What the check has looked at, and the faults that it found.
pub struct Report {
    /// The faults; an empty list means that all rules hold.
    pub findings: Vec<Finding>,
    /// How many crates were checked.
    pub crates: usize,
    /// How many product files they have.
    pub files: usize,
    /// The crate with the most product lines, and their number.
    pub largest: (String, usize),
}

/// Checks the workspace in `root` by the rules in the file `rules`.
pub fn check(root: &Path, rules: &Path) -> Result<Report> {
    let rules = Rules::read(rules)?;
    let workspace = Workspace::read(root)?;
    let mut findings = crates::check(&workspace);
    findings.extend(page::check(&workspace)?);
    findings.extend(forbidden::check(&workspace, &rules)?);
    let (mut files, mut largest) = (0, (String::new(), 0));
    for member in &workspace.members {
        let sources = Sources::read(member)?;
        findings.extend(files::check(&workspace, member, &sources));
        findings.extend(size::check(&workspace, member, &sources, &rules));
        files += sources.files();
        if sources.lines() > largest.1 {
            largest = (member.name.clone(), sources.lines());
        }
    }
    Ok(Report { findings, crates: workspace.members.len(), files, largest })
}

/// Writes the generated part of `docs/architecture.md`.
pub fn write(root: &Path) -> Result<()> {
    page::write(&Workspace::read(root)?)
}
