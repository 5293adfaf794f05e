//! The ID of an MSP.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Names the MSP of an organization, such as `Org1MSP`.
///
/// Holds letters, digits, dots and dashes: what a policy can name (Fabric 3.1 `common/policydsl`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MspId(Arc<str>);

/// Says why a text is no MSP ID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no MSP ID: it holds letters, digits, dots and dashes, and not more than 255 of them")]
pub struct MspIdError {
    text: String,
}

impl MspId {
    /// Returns the text.
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
            assert!(error.contains("is no MSP ID") && error.len() < 300, "{error}");
        }
    }
}
