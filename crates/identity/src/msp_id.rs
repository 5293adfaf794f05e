//! The ID of an MSP.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// ID of an organization's MSP, such as `Org1MSP`.
///
/// Consists of letters, digits, dots and dashes, the characters that a policy can name (Fabric 3.1
/// `common/policydsl`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MspId(Arc<str>);

/// Error from parsing an MSP ID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid MSP ID '{text}': use at most 255 letters, digits, dots and dashes")]
pub struct MspIdError {
    text: String,
}

impl MspId {
    /// Creates the ID from a text of this crate that follows the rules.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the ID as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MspId {
    type Err = MspIdError;

    fn from_str(text: &str) -> Result<Self, MspIdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
        if (1..=255).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text.into()));
        }
        Err(MspIdError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for MspId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_what_a_policy_can_name() {
        for text in ["Org1MSP", "org-1.example.com", "1"] {
            assert_eq!(text.parse::<MspId>().unwrap().to_string(), text);
        }
        for text in ["", "Org1 MSP", "Org_1", "Örg", "a/b", &"x".repeat(256)] {
            let error = text.parse::<MspId>().unwrap_err().to_string();
            assert!(error.contains("invalid MSP ID") && error.len() < 300, "{error}");
        }
    }
}
