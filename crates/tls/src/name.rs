//! Names of CAs, servers and clients, which are used as common names and folder names.

/// The length limit of X.509 for a common name, in characters (RFC 5280, appendix A: `ub-common-name`).
const MAX_COMMON_NAME: usize = 64;

/// The length of the suffix of a CA's name: a word and eight digits.
const CA_SUFFIX: usize = " CA 01234567".len();

/// The length limit for a name, in characters.
const MAX_NAME: usize = MAX_COMMON_NAME - CA_SUFFIX;

/// The reason why a text is not a valid name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty or too long.
    #[error("a name has 1 to {MAX_NAME} characters")]
    Length,
    /// It contains an invalid character.
    #[error("a name consists of letters, digits, '.', '_' and '-', not {0:?}")]
    Character(char),
    /// It begins with a character that is valid only in other places.
    #[error("a name begins with a letter or a digit")]
    Beginning,
}

/// Checks the name of a CA, a server or a client.
pub fn party_name(text: &str) -> Result<String, NameError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > MAX_NAME {
        return Err(NameError::Length);
    }
    if let Some(found) = text.chars().find(|c| !plain(*c)) {
        return Err(NameError::Character(found));
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(NameError::Beginning);
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_folders_and_certificates() {
        for name in ["a", "basic_1.0", "peer0.org1-x", &"n".repeat(52)] {
            assert_eq!(party_name(name).unwrap(), name);
        }
        for (name, message) in [
            ("", "a name has 1 to 52 characters"),
            (&"n".repeat(53)[..], "a name has 1 to 52 characters"),
            ("a/b", "a name consists of letters, digits, '.', '_' and '-', not '/'"),
            ("..", "a name begins with a letter or a digit"),
        ] {
            assert_eq!(party_name(name).unwrap_err().to_string(), message);
        }
    }
}
