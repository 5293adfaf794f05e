//! `image.json`: the container image in which a chaincode runs.

use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::settings::Role;
use crate::{ExitCode, Failure};

/// The name of the file.
pub const FILE: &str = "image.json";

/// The largest file, in bytes, that is read.
pub const MAX_SIZE: u64 = 64 << 10;

/// The default port of a server, as in Fabric's samples.
const PORT: NonZeroU16 = NonZeroU16::new(9999).unwrap();

/// The content of `image.json`. Keys that fabric-builder-k8s does not know are ours; unknown ones are ignored, as it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The name, with its registry.
    pub name: String,
    /// The digest, such as `sha256:...`; empty for an image with only a tag, if the operator allows this.
    pub digest: String,
    /// The role; without it, the type of the package decides.
    pub role: Option<Role>,
    /// The port on which a server listens.
    pub port: u16,
    /// How the peer dials a server.
    pub tls: Tls,
}

/// How the peer dials a chaincode that is a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Both sides present a certificate.
    #[default]
    Mutual,
    /// Only the chaincode presents one.
    Server,
    /// Plaintext.
    None,
}

/// The file before its checks, which report missing keys with the error texts of fabric-builder-k8s.
#[derive(Deserialize)]
#[serde(default)]
struct Content {
    name: String,
    digest: String,
    role: Option<Role>,
    port: NonZeroU16,
    tls: Tls,
}

impl Default for Content {
    fn default() -> Self {
        let (name, digest) = (String::new(), String::new());
        Self { name, digest, role: None, port: PORT, tls: Tls::default() }
    }
}

impl Image {
    /// Reads the file's content, which must contain a digest.
    pub fn parse(content: &[u8]) -> Result<Self, Failure> {
        Self::read(content, false)
    }

    /// Reads the file's content, which may omit the digest.
    pub fn parse_with_tags(content: &[u8]) -> Result<Self, Failure> {
        Self::read(content, true)
    }

    fn read(content: &[u8], allow_tags: bool) -> Result<Self, Failure> {
        let refused = |reason: String| {
            Failure::new(ExitCode::ImageJson, reason).with_hint(
                r#"write {"name":"registry.example.com/chaincode","digest":"sha256:<64 hexadecimal digits>"}"#,
            )
        };
        // The library's message quotes an unknown value without escaping; the failure's line escapes it.
        let content: Content =
            serde_json::from_slice(content).map_err(|error| refused(format!("{FILE}: {error}")))?;
        content.check(allow_tags).map_err(|reason| refused(format!("{FILE}: {reason}")))
    }

    /// Returns the role for a package type: the peer dials, unless the file specifies the role or the type is `k8s`.
    #[must_use]
    pub fn role_in(&self, chaincode_type: &str) -> Role {
        let default = if chaincode_type.eq_ignore_ascii_case("k8s") { Role::Client } else { Role::Server };
        self.role.unwrap_or(default)
    }

    /// Returns the reference that a container engine pulls: the name with the digest.
    #[must_use]
    pub fn reference(&self) -> String {
        if self.digest.is_empty() {
            return self.name.clone();
        }
        format!("{}@{}", self.name, self.digest)
    }
}

impl Content {
    fn check(self, allow_tags: bool) -> Result<Image, String> {
        let Self { name, digest, role, port, tls } = self;
        if name.is_empty() || digest.is_empty() && !allow_tags {
            return Err("the file must contain 'name' and 'digest'".to_owned());
        }
        // The name becomes a part of a URL for the engine, so it must not contain anything that changes the path.
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/".contains(&byte);
        if !name.bytes().all(known) || name.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(format!("name {name:?} is not the name of an image without a digest"));
        }
        let digits = digest.split_once(':').is_some_and(|(algorithm, digits)| {
            matches!((algorithm, digits.len()), ("sha256", 64) | ("sha512", 128))
                && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        if !digits && !digest.is_empty() {
            return Err(format!("digest {digest:?} is not a digest such as sha256:..."));
        }
        Ok(Image { name, digest, role, port: port.get(), tls })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIGEST: &str = "sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495";

    #[test]
    fn what_fabric_builder_k8s_writes_is_read() {
        let text = format!(r#"{{"name":"ghcr.io/example/contract","digest":"{DIGEST}","more":[1]}}"#);
        let image = Image::parse(text.as_bytes()).unwrap();
        assert_eq!(image.reference(), format!("ghcr.io/example/contract@{DIGEST}"));
        assert_eq!(image.role, None);
        let text = format!(r#"{{"name":"a","digest":"{DIGEST}","role":"server"}}"#);
        assert_eq!(Image::parse(text.as_bytes()).unwrap().role, Some(Role::Server));
    }

    #[test]
    fn a_server_says_where_it_listens_and_how_it_is_dialed() {
        let read = |more: &str| {
            Image::parse(format!(r#"{{"name":"a","digest":"{DIGEST}"{more}}}"#).as_bytes()).unwrap()
        };
        let image = read("");
        assert_eq!((image.port, image.tls), (9999, Tls::Mutual));
        assert_eq!((image.role_in("K8s"), image.role_in("ccaas")), (Role::Client, Role::Server));
        let image = read(r#","role":"client","port":7052,"tls":"none""#);
        assert_eq!((image.port, image.tls, image.role_in("external")), (7052, Tls::None, Role::Client));
    }

    #[test]
    fn what_no_image_can_be_pulled_by_is_refused() {
        for (text, part) in [
            ("{}", "image.json: the file must contain 'name' and 'digest'"),
            (r#"{"name":"a","digest":""}"#, "image.json: the file must contain 'name' and 'digest'"),
            (r#"{"name":"a","digest":"latest"}"#, r#"digest "latest" is not a digest"#),
            (
                r#"{"name":"a@sha256:0","digest":"sha256:00000000000000000000000000000000"}"#,
                r#"name "a@sha256:0" is not the name of an image without a digest"#,
            ),
            (
                r#"{"name":"a","digest":"sha 256:00000000000000000000000000000000"}"#,
                r#"digest "sha 256:00000000000000000000000000000000" is not a digest"#,
            ),
            (
                r#"{"name":"any:tag/json?x","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"}"#,
                r#"name "any:tag/json?x" is not the name of an image without a digest"#,
            ),
            (
                r#"{"name":"a/../b","digest":"sha256:e5bd06aff6a2ed03ab8f67d5b1bd8e5f2ef8ac3b7f9a4c1d2e3f405162738495"}"#,
                r#"name "a/../b" is not"#,
            ),
            (
                r#"{"name":"a","digest":"image:e5bd06aff6a2ed03ab8f67d5b1bd8e5f"}"#,
                r#"digest "image:e5bd06aff6a2ed03ab8f67d5b1bd8e5f" is not a digest"#,
            ),
            (r#"{"port":0}"#, "invalid value: integer `0`, expected a nonzero u16"),
            (r#"{"tls":"on"}"#, "unknown variant `on`, expected one of `mutual`, `server`, `none`"),
            (r#"{"name":1}"#, "invalid type: integer `1`, expected a string"),
            (r#"{"role":"cli\nent"}"#, r"unknown variant `cli\nent`, expected `client` or `server`"),
            ("", "EOF while parsing"),
        ] {
            let failure = Image::parse(text.as_bytes()).unwrap_err();
            assert!(failure.line().contains(part), "{text}: {}", failure.line());
            assert_eq!(failure.code(), ExitCode::ImageJson);
        }
    }

    #[test]
    fn a_tag_is_taken_only_where_the_operator_takes_it() {
        let text = br#"{"name":"basic:1.0"}"#;
        assert_eq!(Image::parse_with_tags(text).unwrap().reference(), "basic:1.0");
        assert!(Image::parse(text).is_err());
        let wrong = Image::parse_with_tags(br#"{"name":"basic","digest":"1.0"}"#).unwrap_err();
        assert!(wrong.line().contains(r#"digest "1.0" is not a digest"#), "{}", wrong.line());
    }

    proptest! {
        #[test]
        fn any_content_is_read_or_refused_in_one_line(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Err(failure) = Image::parse(&content) {
                prop_assert!(!failure.line().contains('\n'));
            }
        }
    }
}
