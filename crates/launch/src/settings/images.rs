//! Which images packages may start, and the registry from which to pull them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FILE, glob};
use crate::image::Image;
use crate::{ExitCode, Failure};

/// The default registry.
const HUB: &str = "docker.io";

/// The settings of images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Images {
    /// Patterns of the names that packages may have, with their registry; without it, all.
    pub allow: Option<Vec<String>>,
    /// Prefixes of names, and their replacements for pulling.
    pub rewrite: BTreeMap<String, String>,
}

impl Images {
    /// Rejects a pattern without a registry, because it would not match any image.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match self.allow.iter().flatten().find(|pattern| !pattern.contains('/')) {
            Some(pattern) => Err(Failure::new(
                ExitCode::Settings,
                format!("{FILE}: images.allow: the pattern {pattern:?} has no registry"),
            )
            .with_hint("write the name in full, such as docker.io/library/basic, or */* for all images")),
            None => Ok(()),
        }
    }

    /// Rejects an image that the operator does not allow, and rewrites the name of others for pulling.
    ///
    /// The patterns apply to the name in the package, because the organizations have approved it. The rewrite replaces the longest
    /// matching prefix and keeps the digest.
    pub fn admit(&self, mut image: Image) -> Result<Image, Failure> {
        if self.allow.is_none() && self.rewrite.is_empty() {
            return Ok(image);
        }
        // Docker treats a first part with upper-case letters as a registry, and other engines do not.
        if repository(&image.name).contains(|letter: char| letter.is_ascii_uppercase()) {
            return Err(Failure::new(
                ExitCode::Policy,
                format!("the image {} is not allowed: its name has upper-case letters", image.name),
            )
            .with_hint("write the name in image.json in lower case"));
        }
        let name = in_full(&image.name);
        if let Some(allowed) = &self.allow {
            if !allowed.iter().any(|pattern| fits(pattern, &name)) {
                return Err(not_allowed(&name, allowed));
            }
            // Podman and CRI-O search several registries for a name without one.
            image.name.clone_from(&name);
        }
        let fitting = self.rewrite.iter().filter_map(|(from, to)| {
            let from = of_hub(from.trim_end_matches('/'));
            let rest = name.strip_prefix(from.as_ref())?;
            let is_tag = rest.starts_with(':') && !rest.contains('/');
            (rest.is_empty() || rest.starts_with('/') || is_tag).then_some((to, rest))
        });
        if let Some((to, rest)) = fitting.min_by_key(|(_, rest)| rest.len()) {
            image.name = format!("{}{rest}", to.trim_end_matches('/'));
        }
        Ok(image)
    }
}

fn not_allowed(name: &str, allowed: &[String]) -> Failure {
    let known = match allowed {
        [] => "no image".to_owned(),
        allowed => format!("only {}", allowed.join(", ")),
    };
    Failure::new(
        ExitCode::Policy,
        format!("the image {name} is not allowed: images.allow in {FILE} allows {known}"),
    )
    .with_hint(format!("add a pattern to images.allow, such as {}", pattern_for(name)))
}

/// Tells whether a pattern matches a complete name: its registry and its path, in which a star also matches slashes.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern = of_hub(pattern);
    let (Some((registry, path)), Some((its_registry, its_path))) =
        (pattern.split_once('/'), name.split_once('/'))
    else {
        return false;
    };
    glob::fits(registry, its_registry) && glob::fits(path, its_path)
}

/// Returns a name without its tag.
fn repository(name: &str) -> &str {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => name,
    }
}

/// Returns a name with its registry, as Docker completes it: `basic` becomes `docker.io/library/basic`.
fn in_full(name: &str) -> String {
    let (registry, path) = match name.split_once('/') {
        Some((registry, path)) if registry.contains(['.', ':']) || registry == "localhost" => {
            (registry, path)
        }
        _ => (HUB, name),
    };
    match of_hub(registry).as_ref() {
        HUB if !path.contains('/') => format!("{HUB}/library/{path}"),
        registry => format!("{registry}/{path}"),
    }
}

/// Replaces the alternative name of Docker Hub's registry at the beginning of a text.
fn of_hub(text: &str) -> Cow<'_, str> {
    match text.strip_prefix("index.docker.io") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{HUB}{rest}").into(),
        _ => text.into(),
    }
}

/// Returns a pattern for all images in the same folder as an image.
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
        for (name, full) in [
            ("registry.example.com/chaincode/basic", "registry.example.com/chaincode/basic"),
            ("registry.example.com/chaincode/a/b:V1", "registry.example.com/chaincode/a/b:V1"),
            // The engine gets the name that was allowed, because Podman would resolve the short name differently.
            ("basic:1.0", "docker.io/library/basic:1.0"),
            ("docker.io/basic:1.0", "docker.io/library/basic:1.0"),
            ("index.docker.io/library/basic:1.0", "docker.io/library/basic:1.0"),
        ] {
            assert_eq!(admitted(settings, name).unwrap(), full);
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
    fn a_star_in_the_registry_stays_in_the_registry() {
        let settings = "images: {allow: ['*.example.com/chaincode/*', 'index.docker.io/org/*', '*:5000/*']}";
        for name in [
            "a.b.example.com/chaincode/c/d",
            "docker.io/org/basic",
            "org/basic",
            "evil.com:5000/example.com/x",
        ] {
            assert!(admitted(settings, name).is_ok(), "{name}");
        }
        for name in [
            "evil.com/x.example.com/chaincode/basic",
            "evil.com:443/example.com/chaincode/basic",
            "evil.com/x:5000",
            "example.com/chaincode/basic",
        ] {
            assert_eq!(admitted(settings, name).unwrap_err().code(), ExitCode::Policy, "{name}");
        }
        for pattern in ["*", "basic"] {
            let failure =
                Settings::parse(format!("images: {{allow: ['{pattern}']}}").as_bytes()).unwrap_err();
            let expected = format!("launch.yaml: images.allow: the pattern \"{pattern}\" has no registry");
            assert_eq!((failure.to_string(), failure.code()), (expected, ExitCode::Settings));
        }
        assert_eq!(admitted("images: {allow: ['*/*']}", "a/b").unwrap(), "docker.io/a/b");
    }

    #[test]
    fn what_docker_takes_as_a_registry_for_its_letters_is_rejected() {
        for settings in
            ["images: {allow: ['docker.io/*']}", "images: {rewrite: {docker.io: mirror.example.com}}"]
        {
            for name in ["EVIL/basic", "Registry.example.com/basic", "docker.io/Basic:1.0"] {
                let failure = admitted(settings, name).unwrap_err();
                let expected = format!("the image {name} is not allowed: its name has upper-case letters");
                assert_eq!((failure.to_string(), failure.code()), (expected, ExitCode::Policy));
            }
        }
        assert_eq!(admitted("", "EVIL/basic").unwrap(), "EVIL/basic");
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
            ("docker.io/basic", "mirror.example.com/hub/library/basic"),
            ("index.docker.io/basic:1.0", "mirror.example.com/hub/library/basic:1.0"),
            ("index.docker.io/org/basic", "mirror.example.com/hub/org/basic"),
        ] {
            assert_eq!(admitted(settings, name).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn a_port_belongs_to_the_registry() {
        let settings = "images: {rewrite: {registry.example.com: m, 'registry.example.com:5000/a': n, \
                        index.docker.io/library: o}}";
        for (name, expected) in [
            ("registry.example.com:5000/x", "registry.example.com:5000/x"),
            ("registry.example.com:5000/x:1.0", "registry.example.com:5000/x:1.0"),
            ("registry.example.com:5000/a/b", "n/b"),
            ("registry.example.com:5000/a:1.0", "n:1.0"),
            ("registry.example.com/x:1.0", "m/x:1.0"),
            ("basic", "o/basic"),
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
