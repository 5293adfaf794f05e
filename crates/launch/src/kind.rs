//! The kinds of packages, and the platform on which the settings launch them.

use crate::settings::{Language, Platform, Settings};

/// A kind of package, by the type in its metadata.json.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A compiled program: type `binary` or, as IBM's builder names it, `executable`.
    Binary,
    /// A program with its files and a script that starts it: type `prebuilt`, as in fabric-builders.
    Prebuilt,
    /// The name of a container image: type `k8s`, as in fabric-builder-k8s.
    Image,
    /// Chaincode as a service: type `ccaas` or `external`, with the name of a container image in addition to connection.json or
    /// instead of it.
    Service,
    /// Source, as `peer lifecycle chaincode package` packs it: type `golang`, `node` or `java`.
    Source(Language),
}

impl Kind {
    /// Returns the kind of a type, ignoring case; [`None`] for types that the launcher does not support.
    #[must_use]
    pub fn of(chaincode_type: &str) -> Option<Self> {
        match chaincode_type.to_ascii_lowercase().as_str() {
            "binary" | "executable" => Some(Self::Binary),
            "prebuilt" => Some(Self::Prebuilt),
            "k8s" => Some(Self::Image),
            "ccaas" | "external" => Some(Self::Service),
            "golang" => Some(Self::Source(Language::Golang)),
            "node" => Some(Self::Source(Language::Node)),
            "java" => Some(Self::Source(Language::Java)),
            _ => None,
        }
    }

    /// Tells whether only a launcher builds packages of this kind. The peer's own builder also builds source, and other builders
    /// chaincode as a service.
    #[must_use]
    pub fn has_no_other_builder(self) -> bool {
        matches!(self, Self::Binary | Self::Prebuilt | Self::Image)
    }
}

/// A package that this builder launches according to the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The kind of the package.
    pub kind: Kind,
    /// The platform on which it runs.
    pub platform: Platform,
}

impl Settings {
    /// Tells whether packages of a type are launched, and how; [`None`] leaves them to another builder.
    ///
    /// A package of the kind [`Kind::Service`] also needs image.json with the role of a server.
    #[must_use]
    pub fn claim(&self, chaincode_type: &str) -> Option<Claim> {
        let kind = Kind::of(chaincode_type)?;
        let platform = self.platform_for(chaincode_type);
        let is_launched = match kind {
            Kind::Binary | Kind::Prebuilt => platform == Platform::Process,
            Kind::Image | Kind::Service => matches!(platform, Platform::Kubernetes | Platform::Docker),
            Kind::Source(language) => platform == Platform::Process && self.languages.contains(&language),
        };
        is_launched.then_some(Claim { kind, platform })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_claimed_unless_the_operator_decides_otherwise() {
        let claim = |text: &str| Settings::parse(text.as_bytes()).unwrap().claim("K8s");
        let expected = Some(Claim { kind: Kind::Image, platform: Platform::Kubernetes });
        assert_eq!((claim(""), claim("platform: kubernetes")), (expected, expected));
        let docker = Some(Claim { kind: Kind::Image, platform: Platform::Docker });
        assert_eq!(claim("platform: docker"), docker);
        assert_eq!((claim("platform: none"), claim("platform: process")), (None, None));
    }

    #[test]
    fn programs_are_claimed_only_where_processes_are_enabled() {
        let claim =
            |text: &str, chaincode_type| Settings::parse(text.as_bytes()).unwrap().claim(chaincode_type);
        let expected = Some(Claim { kind: Kind::Binary, platform: Platform::Process });
        assert_eq!(claim("platform: process", "binary"), expected);
        assert_eq!(claim("platform: process", "Executable"), expected);
        let prebuilt = Some(Claim { kind: Kind::Prebuilt, platform: Platform::Process });
        assert_eq!((claim("platform: process", "Prebuilt"), claim("", "prebuilt")), (prebuilt, None));
        assert_eq!(claim("platform: process", "ccaas"), None);
        assert_eq!(claim("", "ccaas"), None);
        let service = Some(Claim { kind: Kind::Service, platform: Platform::Kubernetes });
        assert_eq!(claim("platform: kubernetes", "External"), service);
        let service = Some(Claim { kind: Kind::Service, platform: Platform::Docker });
        assert_eq!(claim("platform: docker", "ccaas"), service);
        for text in ["", "platform: none", "platform: kubernetes", "platform: docker"] {
            assert_eq!(claim(text, "binary"), None, "{text}");
        }
    }

    #[test]
    fn source_is_claimed_only_in_languages_that_are_enabled() {
        let claims = |text: &str, chaincode_type| {
            Settings::parse(text.as_bytes()).unwrap().claim(chaincode_type).is_some()
        };
        assert!(claims("platform: process\nlanguages: [golang, node]", "GOLANG"));
        assert!(!claims("platform: process\nlanguages: [golang, node]", "java"));
        assert!(!claims("platform: process", "golang"));
        assert!(!claims("languages: [golang]", "golang"));
    }
}
