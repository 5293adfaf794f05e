//! The sources of the site: copies of the pages whose links lead to other pages of the site or to the repository.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::book::{Book, SUMMARY, staged};
use crate::page;
use crate::place;

/// Writes the sources of the site below `root` into the folder `to`, which must not exist; `repository` is the address
/// under which the files are on GitHub.
///
/// # Errors
///
/// If the index names a page that cannot be read, or a file cannot be written.
pub fn stage(root: &Path, repository: &str, to: &Path) -> Result<()> {
    ensure!(!to.exists(), "{} exists", to.display());
    let book = Book::read(root)?;
    let writer = Writer { root, repository, book: &book };
    for place in &book.listed {
        let content = fs::read_to_string(root.join(place)).with_context(|| format!("cannot read {place}"))?;
        let content = plain_fences(&writer.rewritten(place, &staged(place), &content));
        write(&to.join(staged(place)), &content)?;
    }
    // mdBook wants the index in the root of the sources.
    write(&to.join("SUMMARY.md"), &writer.rewritten(SUMMARY, "SUMMARY.md", &book.summary))
}

struct Writer<'a> {
    root: &'a Path,
    repository: &'a str,
    book: &'a Book,
}

impl Writer<'_> {
    /// Replaces the destinations of the links in a page that is written to the place `to`.
    fn rewritten(&self, from: &str, to: &str, content: &str) -> String {
        let mut text = content.to_owned();
        let mut links = page::read(content).links;
        // From the end, so that the places before stay right. A link around an image is read before the image and ends after it.
        links.sort_by_key(|link| link.place.as_ref().map(|place| place.start));
        for link in links.iter().rev() {
            let (Some(range), false) = (&link.place, link.file.is_empty()) else { continue };
            let Some(target) = place::resolve(from, &link.file) else { continue };
            let mut destination = if self.book.has(&target) {
                place::relative(to, &staged(&target))
            } else {
                let kind = if self.root.join(&target).is_dir() { "tree" } else { "blob" };
                format!("{}/{kind}/main/{target}", self.repository)
            };
            if let Some(heading) = &link.heading {
                destination = format!("{destination}#{heading}");
            }
            text.replace_range(range.clone(), &destination);
        }
        text
    }
}

/// Removes the text after the language of a code block, such as why it is not run: mdBook would turn it into classes.
fn plain_fences(content: &str) -> String {
    let plain = |line: &str| {
        let is_fence = line.trim_start().starts_with("```");
        let end = line.trim_end_matches('\n').trim_start().find(' ').filter(|_| is_fence);
        match end {
            Some(end) => line[..line.len() - line.trim_start().len() + end].to_owned() + "\n",
            None => line.to_owned(),
        }
    };
    content.split_inclusive('\n').map(plain).collect()
}

fn write(file: &Path, content: &str) -> Result<()> {
    let folder = file.parent().context("a page has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::plain_fences;

    #[test]
    fn a_code_block_keeps_its_language() {
        let page = "```sh not run: needs a peer\na b\n```\n- x\n\n  ```yaml deploy/x.yaml\n  ```\n";
        assert_eq!(plain_fences(page), "```sh\na b\n```\n- x\n\n  ```yaml\n  ```\n");
    }
}
