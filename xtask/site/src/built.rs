//! The built site: every link to another page of it, or to a heading, leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use regex::Regex;
use walkdir::WalkDir;

use crate::place;

/// Returns the links in the HTML files below `folder` that lead nowhere, as `FILE: LINK`, and the number of pages.
///
/// # Errors
///
/// If a file cannot be read.
pub fn check_built(folder: &Path) -> Result<(Vec<String>, usize)> {
    let id = Regex::new(r#" id="([^"]+)""#)?;
    let href = Regex::new(r#" (?:href|src)="([^"]+)""#)?;
    let mut pages = BTreeMap::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let file = entry.path();
        // print.html and toc.html repeat the others; 404.html has links from the root of the site.
        let is_repeated = ["print.html", "toc.html", "404.html"].iter().any(|name| file.ends_with(name));
        if file.extension().is_some_and(|extension| extension == "html") && !is_repeated {
            let html = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let ids: BTreeSet<_> = id.captures_iter(&html).map(|found| found[1].to_owned()).collect();
            pages.insert(file.strip_prefix(folder)?.to_string_lossy().into_owned(), (html, ids));
        }
    }
    let mut broken = Vec::new();
    for (name, (html, ids)) in &pages {
        for found in href.captures_iter(html) {
            let link = &found[1];
            let (file, heading) =
                link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            if file.contains(':') {
                continue;
            }
            let target = if file.is_empty() { Some(name.clone()) } else { place::resolve(name, file) };
            let target = target.unwrap_or_default();
            let is_there = folder.join(&target).exists();
            let ids = if target == *name { Some(ids) } else { pages.get(&target).map(|(_, ids)| ids) };
            let has_heading = heading.is_none_or(|heading| ids.is_none_or(|ids| ids.contains(heading)));
            if !is_there || !has_heading {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    Ok((broken, pages.len()))
}

#[cfg(test)]
mod tests {
    use super::check_built;

    #[test]
    fn links_to_missing_pages_and_headings_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "index.html",
            r##"<h1 id="top"><a href="#top"><a href="b.html#x"><a href="c.html"><a href="https://d">"##,
        );
        write("b.html", r#"<h1 id="y">"#);
        let (broken, pages) = check_built(folder.path()).unwrap();
        assert_eq!(
            (broken, pages),
            (vec!["index.html: b.html#x".to_owned(), "index.html: c.html".to_owned()], 2)
        );
    }
}
