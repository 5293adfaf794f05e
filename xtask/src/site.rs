//! `cargo xtask links` and `site`: the check of all pages and links, and the documentation site.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo_tools::MDBOOK;
use crate::tally::Tally;
use crate::workspace;

/// The address of the files to which the site links.
const REPOSITORY: &str = "https://github.com/hyperledgendary/fabric-ccs";

/// Checks the index and the links, and prints each fault.
pub(crate) fn check() -> Result<Tally> {
    let report = xtask_site::check(workspace::root())?;
    for finding in &report.findings {
        println!("FAILED  {finding}");
    }
    if report.findings.is_empty() {
        println!("passed  links: {} relative links in {} pages", report.links, report.pages);
        return Ok(Tally::PASSED);
    }
    Ok(Tally { failed: report.findings.len() as u64, ..Tally::default() })
}

/// Builds the site, and checks the links of its pages.
pub(crate) fn build() -> Result<Tally> {
    let checked = check()?;
    if checked.failed > 0 {
        return Ok(checked);
    }
    let folder = workspace::target_folder().join("site");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    xtask_site::stage(workspace::root(), REPOSITORY, &folder.join("src"))?;
    fs::copy(workspace::root().join("docs/book.toml"), folder.join("book.toml"))
        .context("cannot copy docs/book.toml")?;
    workspace::succeed(Command::new(MDBOOK.program()?).arg("build").arg(&folder))?;
    let book = folder.join("book");
    let (broken, pages) = xtask_site::check_built(&book)?;
    if !broken.is_empty() {
        bail!("links lead nowhere in {}:\n{}", book.display(), broken.join("\n"));
    }
    println!("passed  site: {pages} pages in {}", book.display());
    Ok(checked + Tally::PASSED)
}
