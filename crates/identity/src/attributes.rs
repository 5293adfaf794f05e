//! Attributes in a certificate, on which chaincode can base its access control.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Object identifier of the extension that holds the attributes (Fabric CA 1.5 `lib/attrmgr`).
pub(crate) const EXTENSION: &[u64] = &[1, 2, 3, 4, 5, 6, 7, 8, 1];

/// Attributes of an identity by name, as Fabric CA writes them into certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    attrs: BTreeMap<String, String>,
}

impl Attributes {
    /// Parses the content of the extension.
    #[must_use]
    pub fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Returns the content of the extension.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // A map of texts can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attrs.is_empty()
    }

    /// Returns the value of an attribute.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attrs.get(name).map(String::as_str)
    }

    /// Sets an attribute.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.attrs.insert(name.to_owned(), value.to_owned());
    }

    /// Returns names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attrs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Attributes {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(pairs: T) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { attrs: pairs.collect() }
    }
}

/// Attribute to set, written `NAME=VALUE` as for `fabric-ca-client register --id.attrs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

/// Error from parsing an attribute.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// The text has no name or no equals sign.
    #[error("invalid attribute '{0}': expected NAME=VALUE")]
    Form(String),
    /// Only the CA sets the attribute.
    #[error("attribute {0} is reserved: names that begin with hf. are set by the CA")]
    Reserved(String),
}

impl FromStr for Attribute {
    type Err = AttributeError;

    /// Accepts the suffix `:ecert`, which asks Fabric CA to put the attribute into certificates, and has no effect here:
    /// every attribute is in the certificate.
    fn from_str(text: &str) -> Result<Self, AttributeError> {
        let form = || AttributeError::Form(text.chars().take(64).collect());
        let (name, value) = text.split_once('=').ok_or_else(form)?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(form());
        }
        if name.starts_with("hf.") {
            return Err(AttributeError::Reserved(name.chars().take(64).collect()));
        }
        let value = value.strip_suffix(":ecert").unwrap_or(value);
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_a_name_and_a_value() {
        let read = |text: &str| text.parse::<Attribute>().map(|found| (found.name, found.value));
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(read("role=auditor"), pair("role", "auditor"));
        assert_eq!(read("abac.creator=true:ecert"), pair("abac.creator", "true"));
        assert_eq!(read("a=b=c:d"), pair("a", "b=c:d"));
        assert_eq!(read("a="), pair("a", ""));
        for text in ["", "role", "=x", "a b=c"] {
            let error = read(text).unwrap_err().to_string();
            assert_eq!(error, format!("invalid attribute '{text}': expected NAME=VALUE"));
        }
        let error = read("hf.Type=admin").unwrap_err().to_string();
        assert_eq!(error, "attribute hf.Type is reserved: names that begin with hf. are set by the CA");
    }

    #[test]
    fn the_content_of_the_extension_is_that_of_fabric_ca() {
        let attributes: Attributes = [("hf.Type", "client"), ("abac.creator", "true")].into_iter().collect();
        let json = attributes.to_json();
        assert_eq!(std::str::from_utf8(&json), Ok(r#"{"attrs":{"abac.creator":"true","hf.Type":"client"}}"#));
        assert_eq!(Attributes::from_json(&json), Some(attributes));
        for text in ["", "{}", "[]", r#"{"attrs":{"a":1}}"#] {
            assert_eq!(Attributes::from_json(text.as_bytes()), None, "{text}");
        }
    }
}
