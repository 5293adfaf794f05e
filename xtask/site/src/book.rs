//! The index `docs/SUMMARY.md`, and the pages that it must name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::page::{self, Page};
use crate::place;

/// The index, in the format of mdBook.
pub(crate) const SUMMARY: &str = "docs/SUMMARY.md";

/// The pages of the site.
pub(crate) struct Book {
    /// The index as text, and read.
    pub(crate) summary: String,
    pub(crate) index: Page,
    /// The places of the pages that the index names.
    pub(crate) listed: Vec<String>,
}

impl Book {
    /// Reads the index.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let summary =
            fs::read_to_string(root.join(SUMMARY)).with_context(|| format!("cannot read {SUMMARY}"))?;
        let index = page::read(&summary);
        let listed = index.links.iter().filter_map(|link| place::resolve(SUMMARY, &link.file)).collect();
        Ok(Self { summary, index, listed })
    }

    /// Tells whether a file is a page of the site.
    pub(crate) fn has(&self, place: &str) -> bool {
        self.listed.iter().any(|listed| listed == place)
    }
}

/// Returns the pages that the index must name: those of the root and those in docs/.
pub(crate) fn required(root: &Path) -> Result<Vec<String>> {
    let pages = markdown(root)?;
    Ok(pages
        .into_iter()
        .filter(|page| !page.contains('/') || page.starts_with("docs/"))
        .filter(|page| page != SUMMARY)
        .collect())
}

/// Returns every page of the checkout, the index included. Hidden folders, build results and test data are left out.
pub(crate) fn markdown(root: &Path) -> Result<BTreeSet<String>> {
    let is_ours = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_left_out =
            name.starts_with('.') || matches!(&*name, "target" | "node_modules" | "tests" | "cases");
        entry.depth() == 0 || !entry.file_type().is_dir() || !is_left_out
    };
    let mut pages = BTreeSet::new();
    for entry in WalkDir::new(root).into_iter().filter_entry(is_ours) {
        let entry = entry?;
        let place = entry.path().strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        if entry.file_type().is_file() && place::is_page(&place) {
            pages.insert(place);
        }
    }
    Ok(pages)
}

/// Returns the file of a page in the sources of the site. A folder shows its `index`, which is `README` on GitHub.
pub(crate) fn staged(place: &str) -> String {
    match place.strip_suffix("README.md") {
        Some(folder) => format!("{folder}index.md"),
        None => place.to_owned(),
    }
}
