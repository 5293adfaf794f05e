//! A page: its links and its headings.

use std::collections::BTreeMap;
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

/// A link with a relative destination, or one to a heading of the same page.
pub(crate) struct Link {
    /// The file, relative to the folder of the page; empty for the page itself.
    pub(crate) file: String,
    /// The heading.
    pub(crate) heading: Option<String>,
    /// The bytes of the page that hold the destination; `None` if it is written in another form than `[text](destination)`.
    pub(crate) place: Option<Range<usize>>,
    /// The line, from 1.
    pub(crate) line: usize,
}

/// What the checks need of a page.
pub(crate) struct Page {
    pub(crate) links: Vec<Link>,
    /// The names of the headings in links.
    pub(crate) headings: Vec<String>,
    /// The text of the first heading.
    pub(crate) title: String,
}

/// Reads a page.
pub(crate) fn read(content: &str) -> Page {
    let mut page = Page { links: Vec::new(), headings: Vec::new(), title: String::new() };
    let mut seen = BTreeMap::new();
    let mut heading: Option<String> = None;
    for (event, range) in Parser::new_ext(content, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let text = heading.take().unwrap_or_default();
                page.headings.push(unique(&mut seen, slug(&text)));
                if page.title.is_empty() {
                    page.title = text;
                }
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::Start(Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. }) => {
                page.links.extend(link(content, range, link_type, &dest_url));
            }
            _ => {}
        }
    }
    page
}

/// Returns a link; `None` if it leads to another site.
fn link(content: &str, range: Range<usize>, link_type: LinkType, destination: &str) -> Option<Link> {
    let scheme = destination.split_once(':').map_or("", |(scheme, _)| scheme);
    if !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let line = content[..range.start].matches('\n').count() + 1;
    let written = format!("]({destination}");
    let found = content[range.clone()].rfind(&written).filter(|_| link_type == LinkType::Inline);
    let place = found.map(|at| {
        let start = range.start + at + "](".len();
        start..start + destination.len()
    });
    let (file, heading) = match destination.split_once('#') {
        Some((file, heading)) => (file, Some(heading.to_owned())),
        None => (destination, None),
    };
    Some(Link { file: file.to_owned(), heading, place, line })
}

/// Returns the name of a heading in links, on GitHub and on the site: lower case, hyphens for spaces, no punctuation.
fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>().to_lowercase()
}

/// Adds a number to a name that an earlier heading has.
fn unique(seen: &mut BTreeMap<String, usize>, slug: String) -> String {
    let count = seen.entry(slug.clone()).or_default();
    *count += 1;
    if *count == 1 { slug } else { format!("{slug}-{}", *count - 1) }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn headings_have_the_names_that_links_use() {
        let page =
            read("# Check: `ccs lint`\n## Files\n## Files\n## A `detect_x` & more\n```\n# no heading\n```\n");
        assert_eq!(page.headings, ["check-ccs-lint", "files", "files-1", "a-detect_x--more"]);
        assert_eq!(page.title, "Check: ccs lint");
    }

    #[test]
    fn links_are_found_outside_code_and_with_their_place() {
        let text = "See [one](a.md#b) and [two](https://example.com) and `[three](c.md)`.\n\n[four](#here)\n";
        let page = read(text);
        let found: Vec<_> = page
            .links
            .iter()
            .map(|link| {
                (link.file.as_str(), link.heading.as_deref(), link.line, &text[link.place.clone().unwrap()])
            })
            .collect();
        assert_eq!(found, [("a.md", Some("b"), 1, "a.md#b"), ("", Some("here"), 3, "#here")]);
    }

    #[test]
    fn a_link_in_another_form_has_no_place() {
        let page = read("[one][two]\n\n[two]: a.md\n");
        assert!(page.links[0].place.is_none());
    }
}
