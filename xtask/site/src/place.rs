//! Paths below the root of the checkout, with `/` between their parts.

use std::path::{Component, Path};

/// Returns the place to which a relative link leads from a page; `None` if it leaves the root.
pub(crate) fn resolve(page: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for component in Path::new(link).components() {
        match component {
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

/// Tells whether a place is a page.
pub(crate) fn is_page(place: &str) -> bool {
    Path::new(place).extension().is_some_and(|extension| extension == "md")
}

/// Returns the relative link from a page to a place.
pub(crate) fn relative(page: &str, place: &str) -> String {
    let from: Vec<&str> = page.split('/').collect();
    let to: Vec<&str> = place.split('/').collect();
    let folders = from.len() - 1;
    let shared =
        from[..folders].iter().zip(&to[..to.len() - 1]).take_while(|(one, other)| one == other).count();
    "../".repeat(folders - shared) + &to[shared..].join("/")
}

#[cfg(test)]
mod tests {
    use super::{relative, resolve};

    #[test]
    fn links_are_relative_to_the_folder_of_their_page() {
        assert_eq!(resolve("docs/errors/docker.md", "../install.md").as_deref(), Some("docs/install.md"));
        assert_eq!(resolve("README.md", "docs/decisions").as_deref(), Some("docs/decisions"));
        assert_eq!(resolve("README.md", "../other/README.md"), None);
        assert_eq!(resolve("README.md", "/etc/passwd"), None);
    }

    #[test]
    fn a_relative_link_leads_back() {
        for (page, place, link) in [
            ("docs/errors/docker.md", "docs/install.md", "../install.md"),
            ("README.md", "docs/install.md", "docs/install.md"),
            ("docs/install.md", "index.md", "../index.md"),
            ("docs/docs/a.md", "docs/b.md", "../b.md"),
        ] {
            assert_eq!(relative(page, place), link);
            assert_eq!(resolve(page, link).as_deref(), Some(place));
        }
    }
}
