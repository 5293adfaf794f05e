//! Labels, package hashes and package IDs. Their grammar is defined only here.

use std::fmt;
use std::str::FromStr;

/// The name that the author of a package chose for it.
///
/// The first character is an ASCII letter or digit; the others are these or one of `.+-_` (Fabric 3.1
/// `core/chaincode/persistence/chaincode_package.go`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(String);

/// The reason why a text is not a label.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// The text is empty.
    #[error("the label is empty")]
    Empty,
    /// The first character is not allowed there.
    #[error("label {label:?} begins with {found:?}")]
    Start {
        /// The text, truncated.
        label: String,
        /// Its first character.
        found: char,
    },
    /// A later character is not allowed.
    #[error("label {label:?} contains {found:?}")]
    Character {
        /// The text, truncated.
        label: String,
        /// The first character that is not allowed.
        found: char,
    },
    /// The peer could not create a folder with this name.
    #[error("label {label:?} has {length} bytes, more than {}", Label::MAX_LENGTH)]
    TooLong {
        /// The text, truncated.
        label: String,
        /// Its length in bytes.
        length: usize,
    },
}

impl LabelError {
    /// Returns the form of a label.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::TooLong { .. } => {
                "the peer makes folders named fabric-LABEL-HASH plus random digits, and a name ends at 255 bytes"
            }
            _ => "a label begins with a letter or digit and consists of letters, digits and .+-_ (basic_1.0)",
        };
        Some(hint.to_owned())
    }
}

impl Label {
    /// The length limit in bytes that allows a peer to create its folders: `fabric-`, the label, `-`, 64 digits of the
    /// hash and up to 10 random digits in a name of at most 255 bytes.
    pub const MAX_LENGTH: usize = 255 - "fabric-".len() - 1 - PackageHash::DIGITS - 10;

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let shortened = || text.chars().take(80).collect::<String>();
        let first = text.chars().next().ok_or(LabelError::Empty)?;
        if !first.is_ascii_alphanumeric() {
            return Err(LabelError::Start { label: shortened(), found: first });
        }
        let allowed = |character: char| character.is_ascii_alphanumeric() || ".+-_".contains(character);
        if let Some(found) = text.chars().find(|&character| !allowed(character)) {
            return Err(LabelError::Character { label: shortened(), found });
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(LabelError::TooLong { label: shortened(), length: text.len() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-256 of a whole package file, as 64 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageHash(String);

/// The error for a text that is not a package hash.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a package hash: 64 lower-case hexadecimal digits")]
pub struct PackageHashError(String);

impl PackageHash {
    /// The number of digits.
    pub const DIGITS: usize = 64;

    /// Formats a digest as a hash.
    #[must_use]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
        Self(digest.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect())
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first twelve digits, which are enough for a readable name.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl FromStr for PackageHash {
    type Err = PackageHashError;

    fn from_str(text: &str) -> Result<Self, PackageHashError> {
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == Self::DIGITS && text.as_bytes().iter().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PackageHashError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for PackageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an installed package on a peer: `label:hash`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PackageId {
    label: Label,
    hash: PackageHash,
}

/// The reason why a text is not a package ID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageIdError {
    /// There is no colon.
    #[error("{0:?} is not a package ID: there is no ':' in it")]
    NoColon(String),
    /// The part before the colon is not a valid label.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// The part after the colon is not a valid hash.
    #[error(transparent)]
    Hash(#[from] PackageHashError),
}

impl PackageIdError {
    /// Returns the form of a package ID.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("a package ID is LABEL:HASH, as `peer lifecycle chaincode queryinstalled` prints it".to_owned())
    }
}

impl PackageId {
    /// Creates the ID from a label and a hash.
    #[must_use]
    pub fn new(label: Label, hash: PackageHash) -> Self {
        Self { label, hash }
    }

    /// Returns the label.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// Returns the hash.
    #[must_use]
    pub fn hash(&self) -> &PackageHash {
        &self.hash
    }

    /// Returns the form that a peer uses in names of files and folders: `label-hash`.
    ///
    /// Of the characters that Fabric replaces with `-`, only the colon can occur in a package ID (Fabric 3.1
    /// `core/container/externalbuilder/externalbuilder.go`, `SanitizeCCIDPath`).
    #[must_use]
    pub fn sanitized(&self) -> String {
        format!("{}-{}", self.label, self.hash)
    }

    /// Parses the form that [`Self::sanitized`] returns. A hash does not contain `-`, so the last one ends the label.
    #[must_use]
    pub fn from_sanitized(name: &str) -> Option<Self> {
        let (label, hash) = name.rsplit_once('-')?;
        Some(Self { label: label.parse().ok()?, hash: hash.parse().ok()? })
    }

    /// Returns a possible name of a peer's scratch folder for the package; the random part is `0`.
    #[must_use]
    pub fn scratch_folder(&self) -> String {
        format!("fabric-{}0", self.sanitized())
    }

    /// Parses a package ID from the name of a peer's scratch folder: `fabric-<label>-<hash><random digits>`.
    ///
    /// Fabric 2.0 to 3.1 use this form. A hash does not contain `-`, so the last one ends the label; the hash has 64
    /// digits, so the rest is the random part. Returns [`None`] for any other name.
    #[must_use]
    pub fn from_scratch_folder(name: &str) -> Option<Self> {
        let (label, digits) = name.strip_prefix("fabric-")?.rsplit_once('-')?;
        let (hash, random) = digits.split_at_checked(PackageHash::DIGITS)?;
        let is_random = !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_digit());
        if !is_random {
            return None;
        }
        Some(Self { label: label.parse().ok()?, hash: hash.parse().ok()? })
    }
}

impl FromStr for PackageId {
    type Err = PackageIdError;

    fn from_str(text: &str) -> Result<Self, PackageIdError> {
        let no_colon = || PackageIdError::NoColon(text.chars().take(80).collect());
        let (label, hash) = text.split_once(':').ok_or_else(no_colon)?;
        Ok(Self { label: label.parse()?, hash: hash.parse()? })
    }
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.label, self.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn labels_follow_the_rule_of_the_peer() {
        for good in ["a", "basic_1.0", "9+.-_", &"x".repeat(Label::MAX_LENGTH)] {
            assert_eq!(good.parse::<Label>().unwrap().as_str(), good);
        }
        for (bad, message) in [
            ("", "the label is empty"),
            ("_a", "label \"_a\" begins with '_'"),
            ("a:b", "label \"a:b\" contains ':'"),
            ("a b", "label \"a b\" contains ' '"),
            ("a\u{e9}", "label \"a\u{e9}\" contains '\u{e9}'"),
        ] {
            assert_eq!(bad.parse::<Label>().unwrap_err().to_string(), message);
        }
        let long = "x".repeat(Label::MAX_LENGTH + 1).parse::<Label>().unwrap_err().to_string();
        assert!(long.ends_with("has 174 bytes, more than 173"), "{long}");
    }

    #[test]
    fn a_digest_becomes_lower_case_digits() {
        let mut digest = [0; 32];
        digest[0] = 0xa5;
        digest[31] = 0x0f;
        let hash = PackageHash::from_digest(digest);
        assert_eq!(hash.as_str(), format!("a5{}0f", "0".repeat(60)));
        assert_eq!(hash.short(), "a50000000000");
        assert!("A5".repeat(32).parse::<PackageHash>().is_err());
    }

    #[test]
    fn scratch_folders_give_the_id_back() {
        let id = PackageId::from_scratch_folder(&format!("fabric-basic-1.0-{HASH}1234567890")).unwrap();
        assert_eq!(id.to_string(), format!("basic-1.0:{HASH}"));
        for name in [
            format!("fabric-basic-{HASH}"),
            format!("fabric-basic-{HASH}12x"),
            format!("fabric-basic-{}1", &HASH[2..]),
            format!("basic-{HASH}12"),
            format!("fabric-{HASH}12"),
            "fabric-".to_owned(),
        ] {
            assert_eq!(PackageId::from_scratch_folder(&name), None, "{name}");
        }
    }

    #[test]
    fn a_package_id_without_its_parts_is_refused() {
        assert_eq!(
            "basic".parse::<PackageId>().unwrap_err().to_string(),
            "\"basic\" is not a package ID: there is no ':' in it"
        );
        assert!("basic:12".parse::<PackageId>().unwrap_err().to_string().contains("is not a package hash"));
    }

    proptest! {
        #[test]
        fn ids_survive_every_form(label in "[a-zA-Z0-9][a-zA-Z0-9.+_-]{0,60}", hash in "[0-9a-f]{64}", random in "[0-9]{1,20}") {
            let id = PackageId::new(label.parse().unwrap(), hash.parse().unwrap());
            prop_assert_eq!(&id.to_string().parse::<PackageId>().unwrap(), &id);
            let folder = format!("fabric-{}{random}", id.sanitized());
            prop_assert_eq!(PackageId::from_scratch_folder(&folder), Some(id.clone()));
            prop_assert_eq!(PackageId::from_scratch_folder(&id.scratch_folder()), Some(id));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in any::<String>()) {
            let _ = (text.parse::<PackageId>(), PackageId::from_scratch_folder(&text));
        }
    }
}
