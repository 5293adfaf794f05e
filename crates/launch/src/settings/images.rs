//! Which images may be started, and where they are pulled from.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FILE, glob};
use crate::image::Image;
use crate::{ExitCode, Failure};

/// The registry of names without one.
const HUB: &str = "docker.io";

/// The settings of images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// Patterns of the names that packages may have, with their registry; without it, all.
    pub allow: Option<Vec<String>>,
    /// What names begin with, and what stands in its place where they are pulled.
    pub rewrite: BTreeMap<String, String>,
}

impl Images {
    /// Rejects an image that the operator does not allow, and names the others as they are pulled.
    ///
    /// The name in the package counts for the patterns, since the organizations have approved that one; the longest beginning
    /// that fits is replaced. The digest stays.
    pub fn admit(&self, mut image: Image) -> Result<Image, Failure> {
        let name = with_registry(&image.name);
        if let Some(allowed) = &self.allow
            && !allowed.iter().any(|pattern| glob::fits(pattern, &name))
        {
            let known = match allowed.as_slice() {
                [] => "no image".to_owned(),
                allowed => format!("only {}", allowed.join(", ")),
            };
            return Err(Failure::new(
                ExitCode::Policy,
                format!("the image {name} is not allowed: images.allow in {FILE} allows {known}"),
            )
            .with_hint(format!("add a pattern to images.allow, such as {}", pattern_for(&name))));
        }
        let begins = |prefix: &str| {
            let rest = name.strip_prefix(prefix.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with(['/', ':'])).then(|| rest.to_owned())
        };
        // From the end, the longest of those that fit comes first: each is the beginning of the one after it.
        let fitting = self.rewrite.iter().rev().find_map(|(from, to)| Some((to, begins(from)?)));
        if let Some((to, rest)) = fitting {
            image.name = format!("{}{rest}", to.trim_end_matches('/'));
        }
        Ok(image)
    }
}

/// Returns a name with its registry, as Docker completes it: `basic` is `docker.io/library/basic`.
fn with_registry(name: &str) -> String {
    match name.split_once('/') {
        Some((registry, _)) if registry.contains(['.', ':']) || registry == "localhost" => name.to_owned(),
        Some(_) => format!("{HUB}/{name}"),
        None => format!("{HUB}/library/{name}"),
    }
}

/// Returns the pattern of everything beside an image.
fn pattern_for(name: &str) -> String {
    let folder = name.rsplit_once('/').map_or(name, |(folder, _)| folder);
    format!("\"{folder}/*\"")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Settings;
    use super::*;

    fn image(name: &str) -> Image {
        Image::parse_with_tags(format!(r#"{{"name":"{name}"}}"#).as_bytes()).unwrap()
    }

    fn admitted(settings: &str, name: &str) -> Result<String, Failure> {
        Settings::parse(settings.as_bytes()).unwrap().images.admit(image(name)).map(|image| image.name)
    }

    #[test]
    fn the_name_in_the_package_must_fit_a_pattern() {
        let settings = "images: {allow: ['registry.example.com/chaincode/*', 'docker.io/library/basic:1.?']}";
        for name in ["registry.example.com/chaincode/basic", "basic:1.0"] {
            assert_eq!(admitted(settings, name).unwrap(), name);
        }
        for (name, full) in [
            ("basic:2.0", "docker.io/library/basic:2.0"),
            ("registry.example.com/chaincode", "registry.example.com/chaincode"),
            (
                "evil/registry.example.com/chaincode/basic",
                "docker.io/evil/registry.example.com/chaincode/basic",
            ),
            ("localhost/basic", "localhost/basic"),
        ] {
            let failure = admitted(settings, name).unwrap_err();
            let expected = format!(
                "the image {full} is not allowed: images.allow in launch.yaml allows only registry.example.com/chaincode/*, \
                 docker.io/library/basic:1.?"
            );
            assert_eq!((failure.to_string(), failure.code()), (expected, ExitCode::Policy));
        }
        let failure = admitted("images: {allow: []}", "ghcr.io/a/b").unwrap_err();
        assert!(
            failure
                .line()
                .ends_with("allows no image; hint: add a pattern to images.allow, such as \"ghcr.io/a/*\"")
        );
        assert_eq!(admitted("", "anything").unwrap(), "anything");
    }

    #[test]
    fn the_longest_beginning_is_replaced() {
        let settings = "images: {rewrite: {docker.io: mirror.example.com/hub/, ghcr.io/a/b: r:5000/x, ghcr.io/a: r:5000/y}}";
        for (name, expected) in [
            ("basic", "mirror.example.com/hub/library/basic"),
            ("org/basic:1.0", "mirror.example.com/hub/org/basic:1.0"),
            ("ghcr.io/a/b/c", "r:5000/x/c"),
            ("ghcr.io/a/b", "r:5000/x"),
            ("ghcr.io/a/bc", "r:5000/y/bc"),
            ("ghcr.io/ab", "ghcr.io/ab"),
        ] {
            assert_eq!(admitted(settings, name).unwrap(), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn without_settings_every_image_stays_as_it_is(name in "[a-z]{1,9}([./][a-z]{1,9}){0,3}") {
            prop_assert_eq!(Images::default().admit(image(&name)).unwrap().name, name);
        }
    }
}
