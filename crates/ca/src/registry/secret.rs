//! Secrets of identities, which are stored as salted hashes only.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::refusal::Refusal;

/// Number of letters in a new secret.
const LETTERS: usize = 12;

/// Secret of an identity.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secret {
    salt: [u8; 16],
    hash: [u8; 32],
}

impl Secret {
    pub(super) fn new(secret: &str) -> Result<Self, Refusal> {
        let salt = random()?;
        Ok(Self { salt, hash: hash(&salt, secret) })
    }

    /// Returns whether this is the secret, in constant time.
    pub(super) fn is(&self, secret: &str) -> bool {
        hash(&self.salt, secret).ct_eq(&self.hash).into()
    }
}

/// Prints nothing of the secret.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

fn hash(salt: &[u8; 16], secret: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(secret).finalize().into()
}

fn random() -> Result<[u8; 16], Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Refusal::State(error.to_string()))?;
    Ok(bytes)
}

/// Returns a random secret of letters.
pub(super) fn random_secret() -> Result<String, Refusal> {
    let mut secret = String::with_capacity(LETTERS);
    while secret.len() < LETTERS {
        for byte in random()? {
            // Six bits have 64 values for 52 letters; the other twelve are skipped, so that all letters are equally likely.
            let letter = match byte & 63 {
                number @ 0..26 => b'a' + number,
                number @ 26..52 => b'A' + number - 26,
                _ => continue,
            };
            if secret.len() < LETTERS {
                secret.push(char::from(letter));
            }
        }
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_and_not_stored() {
        let secret = Secret::new("adminpw").unwrap();
        assert_eq!(
            ["adminpw", "", "adminp", "Adminpw"].map(|text| secret.is(text)),
            [true, false, false, false]
        );
        let (text, json) = (format!("{secret:?}"), serde_json::to_string(&secret).unwrap());
        assert_eq!(text, "Secret { .. }");
        assert!(!json.contains("adminpw"), "{json}");
        assert!(serde_json::from_str::<Secret>(&json).unwrap().is("adminpw"));
        let new = random_secret().unwrap();
        assert!(new.len() == 12 && new.bytes().all(|byte| byte.is_ascii_alphabetic()), "{new}");
        assert_ne!(random_secret().unwrap(), new);
    }
}
