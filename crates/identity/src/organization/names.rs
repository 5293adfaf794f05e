//! The names of an organization and of its hosts.

use std::fmt;
use std::str::FromStr;

use rustls_pki_types::ServerName;

/// Domain of an organization, such as `org1.example.com`.
///
/// Consists of lower-case labels of letters, digits and dashes. Has at most 58 characters, since the common names of
/// members are limited to 64.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain(String);

/// Error from parsing a domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid domain '{text}': use labels of a-z, 0-9 and dashes, separated by dots, and at most 58 characters"
)]
pub struct DomainError {
    text: String,
}

impl Domain {
    /// Creates a domain from a text of this crate that follows the rules.
    pub(super) fn of(text: String) -> Self {
        Self(text)
    }

    /// Returns the domain as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first label of the domain.
    pub(super) fn first_label(&self) -> &str {
        self.0.split('.').next().unwrap_or_default()
    }
}

impl FromStr for Domain {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(allowed)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if text.len() <= 58 && text.split('.').all(is_label) {
            return Ok(Self(text.to_owned()));
        }
        Err(DomainError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Name of a user of an organization, such as `User1`.
///
/// Consists of letters, digits, dots, dashes and underscores, and begins with a letter or digit, because folders have
/// this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

/// Error from parsing the name of a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid user name '{text}': use at most 32 letters, digits, dots, dashes and underscores, and begin with a letter \
     or digit"
)]
pub struct UserNameError {
    text: String,
}

impl UserName {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the common name and the name of the folder.
    pub(super) fn at(&self, domain: &Domain) -> String {
        format!("{}@{domain}", self.0)
    }
}

impl FromStr for UserName {
    type Err = UserNameError;

    fn from_str(text: &str) -> Result<Self, UserNameError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        if begins && text.len() <= 32 && text.bytes().all(allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(UserNameError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Host name or IP address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host(ServerName<'static>);

/// Error from parsing a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is neither a host name nor an IP address")]
pub struct HostError {
    text: String,
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let name = ServerName::try_from(text.to_owned());
        name.map(Self).map_err(|_| HostError { text: text.chars().take(64).collect() })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_str())
    }
}
