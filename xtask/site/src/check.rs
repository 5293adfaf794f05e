//! The check of `cargo xtask links`.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::book::{self, Book, SUMMARY};
use crate::page::{self, Link};
use crate::place;

/// What the check has looked at, and what it found.
pub struct Report {
    /// The faults; an empty list means that every page is listed and every link leads somewhere.
    pub findings: Vec<Finding>,
    /// How many pages it read.
    pub pages: usize,
    /// How many relative links it followed.
    pub links: usize,
}

/// A fault.
pub struct Finding {
    place: String,
    line: usize,
    fault: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.place, self.line, self.fault)
    }
}

/// Checks the index and the links of all pages below `root`.
///
/// # Errors
///
/// If the index or a page cannot be read.
pub fn check(root: &Path) -> Result<Report> {
    let book = Book::read(root)?;
    let mut report = Report { findings: index(root, &book)?, pages: 0, links: 0 };
    for place in book::markdown(root)? {
        let content =
            fs::read_to_string(root.join(&place)).with_context(|| format!("cannot read {place}"))?;
        let page = page::read(&content);
        report.pages += 1;
        report.links += page.links.len();
        for link in &page.links {
            let fault =
                broken(root, &place, &page.headings, link)?.or_else(|| unwritten(&book, &place, link));
            let finding = |fault| Finding { place: place.clone(), line: link.line, fault };
            report.findings.extend(fault.map(finding));
        }
    }
    Ok(report)
}

/// Compares the index with the pages.
fn index(root: &Path, book: &Book) -> Result<Vec<Finding>> {
    let finding = |line, fault| Finding { place: SUMMARY.to_owned(), line, fault };
    let mut findings = Vec::new();
    for page in book::required(root)? {
        if !book.has(&page) {
            findings.push(finding(1, format!("the index has no entry for {page}")));
        }
    }
    for (at, link) in book.index.links.iter().enumerate() {
        let Some(place) = place::resolve(SUMMARY, &link.file) else { continue };
        if book.index.links[..at]
            .iter()
            .any(|other| place::resolve(SUMMARY, &other.file).as_ref() == Some(&place))
        {
            findings.push(finding(link.line, format!("the index names {place} twice")));
        }
        if link.heading.is_some() || !place::is_page(&place) {
            findings
                .push(finding(link.line, format!("an entry of the index must be a page, not {}", link.file)));
        }
    }
    Ok(findings)
}

/// Returns what is wrong with a link on GitHub.
fn broken(root: &Path, page: &str, headings: &[String], link: &Link) -> Result<Option<String>> {
    let Some(target) =
        (if link.file.is_empty() { Some(page.to_owned()) } else { place::resolve(page, &link.file) })
    else {
        return Ok(Some(format!("{} is outside the repository", link.file)));
    };
    if !root.join(&target).exists() {
        return Ok(Some(format!("there is no {target}")));
    }
    let Some(heading) = &link.heading else { return Ok(None) };
    // Lines of a source file.
    if !place::is_page(&target) {
        return Ok(None);
    }
    let is_there = if target == page {
        headings.contains(heading)
    } else {
        let content =
            fs::read_to_string(root.join(&target)).with_context(|| format!("cannot read {target}"))?;
        page::read(&content).headings.contains(heading)
    };
    Ok((!is_there).then(|| format!("{target} has no heading #{heading}")))
}

/// Returns what is wrong with a link whose destination cannot be replaced on the site.
fn unwritten(book: &Book, page: &str, link: &Link) -> Option<String> {
    let is_page = book.has(page) || page == SUMMARY;
    (is_page && link.place.is_none()).then(|| format!("write the link to {} as [text]({0})", link.file))
}
