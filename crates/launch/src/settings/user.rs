//! The user that runs chaincode.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// The maximum length of a user name.
const LONGEST_NAME: usize = 100;

/// A user in launch.yaml: `NAME`, `UID` or `UID:GID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum User {
    /// By name.
    Name(String),
    /// By number.
    Number {
        /// The user.
        user: u32,
        /// The group, if it is set.
        group: Option<u32>,
    },
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Number { user, group: None } => write!(f, "{user}"),
            Self::Number { user, group: Some(group) } => write!(f, "{user}:{group}"),
        }
    }
}

impl FromStr for User {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // The largest number means "unchanged" (setresuid(2)).
        let number = |text: &str| text.parse().ok().filter(|number| *number != u32::MAX).ok_or(());
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            return Ok(match text.split_once(':') {
                Some((user, group)) => Self::Number { user: number(user)?, group: Some(number(group)?) },
                None => Self::Number { user: number(text)?, group: None },
            });
        }
        let is_name = |c: char| !c.is_control() && !c.is_whitespace() && !":/".contains(c);
        if text.is_empty() || text.len() > LONGEST_NAME || !text.chars().all(is_name) {
            return Err(());
        }
        Ok(Self::Name(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| {
            let shown: String = text.chars().take(LONGEST_NAME).collect();
            serde::de::Error::custom(format!("{shown:?} is not a user: NAME, UID or UID:GID"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_a_name_or_numbers() {
        let number = |user, group| Ok(User::Number { user, group });
        for (text, expected) in [
            ("chaincode", Ok(User::Name("chaincode".to_owned()))),
            ("10001", number(10001, None)),
            ("10001:10002", number(10001, Some(10002))),
            ("", Err(())),
            ("a:b", Err(())),
            ("1:b", Err(())),
            ("1a", Err(())),
            ("-1", Ok(User::Name("-1".to_owned()))),
            ("4294967295", Err(())),
            ("1:4294967295", Err(())),
            ("a\nb", Err(())),
        ] {
            assert_eq!(text.parse(), expected, "{text:?}");
        }
    }
}
