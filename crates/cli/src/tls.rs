//! TLS material: the only place here that makes certificates, and the folder that `ccs tls` keeps them in.
//!
//! [`authority`] makes CAs and certificates and touches no file. [`folder`] knows the layout, which docs/tls.md describes.
//! [`files`] writes whole or not at all. [`description`] says what a certificate is to a person.

pub(crate) mod authority;
pub(crate) mod description;
pub(crate) mod files;
pub(crate) mod folder;

/// The longest common name that X.509 allows, in characters (RFC 5280, appendix A: `ub-common-name`).
const MAX_COMMON_NAME: usize = 64;

/// What is added to the name of a CA: a word and eight digits.
const CA_SUFFIX: usize = " CA 01234567".len();

/// Reads the name of a CA, a server or a client, which is a common name and the name of a folder.
pub(crate) fn party_name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if text.is_empty() || text.len() > MAX_COMMON_NAME - CA_SUFFIX {
        return Err(format!("a name has 1 to {} characters", MAX_COMMON_NAME - CA_SUFFIX));
    }
    if let Some(found) = text.chars().find(|c| !plain(*c)) {
        return Err(format!("a name consists of letters, digits, '.', '_' and '-', not {found:?}"));
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("a name begins with a letter or a digit".to_owned());
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
            assert_eq!(party_name(name).unwrap_err(), message);
        }
    }
}
