//! The check `cargo xtask layers`: the crates and the files of a workspace use each other in one direction only.
//!
//! | Rule | Module |
//! | --- | --- |
//! | The crates form no cycle, and `docs/architecture.md` shows which uses which. | `crates`, `page` |
//! | No crate depends on a crate that `layers.toml` forbids for it, not even through others. | `forbidden` |
//! | A crate has no more product lines than `layers.toml` allows. | `size` |
//! | The files of a crate form no cycle. | `files` |
//!
//! **When a file uses another.** A file uses the files that declare the items that its product code names, even if
//! they are re-exported elsewhere. A file may also name the declarations of a module that contains it. Therefore `mod`
//! lines, `pub use` lines, and names from the files of enclosing modules do not count.
//!
//! Data flows one way: `rules` and `workspace` read the input, `source` parses a crate into `modules`, `files`
//! resolves the names in them to edges between files, `cycle` finds the cycles, and each fault becomes a [`Finding`].

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

/// The scope of a check, and the faults found.
pub struct Report {
    /// The faults; empty if all rules hold.
    pub findings: Vec<Finding>,
    /// The number of crates.
    pub crates: usize,
    /// The number of product files.
    pub files: usize,
    /// The crate with the most product lines, and the number of these.
    pub largest: (String, usize),
}

/// Checks the workspace in `root` with the rules in the file `rules`.
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
