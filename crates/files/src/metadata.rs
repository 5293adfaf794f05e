//! `metadata.json`: the label and type of a package.

use crate::json::{self, Kind, ObjectWriter, SyntaxError, TypeError};

/// The content of `metadata.json`. Unknown keys are ignored and dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageMetadata {
    /// The label of the package, the first half of its ID. [`crate::Label`] checks it.
    pub label: String,
    /// The type, which selects the builder: `ccaas`, `external`, `golang`, ...
    pub chaincode_type: String,
    /// The path of the source; only Fabric's own Go builder uses it.
    pub path: String,
}

/// The reason why a text is not a valid `metadata.json`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It is JSON, but not an object.
    #[error("the document is {0}, not an object")]
    NotAnObject(Kind),
    /// A field has the wrong type.
    #[error(transparent)]
    Type(#[from] TypeError),
}

impl MetadataError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax(error) => error.hint(),
            _ => Some(r#"it should look like {"type":"ccaas","label":"basic_1.0"}"#.to_owned()),
        }
    }
}

impl PackageMetadata {
    /// Parses the file's content. `null` results in empty fields, as in Go.
    pub fn parse(content: &[u8]) -> Result<Self, MetadataError> {
        let json = json::parse(content)?;
        if json.kind() == Kind::Null {
            return Ok(Self::default());
        }
        let object = json.as_object().ok_or(MetadataError::NotAnObject(json.kind()))?;
        let field = |name| object.string(name).map(Option::unwrap_or_default);
        Ok(Self { label: field("label")?, chaincode_type: field("type")?, path: field("path")? })
    }

    /// Returns whether the package is chaincode as a service: type `ccaas` or the older `external`, in any case.
    #[must_use]
    pub fn is_chaincode_as_a_service(&self) -> bool {
        // Go compares the result of strings.ToLower, which also maps the Kelvin sign and other non-ASCII letters.
        // Those become letters of these two words only by the full mapping, which to_lowercase includes as well.
        matches!(self.chaincode_type.to_lowercase().as_str(), "ccaas" | "external")
    }

    /// Returns the file's content, with the keys in the order of `peer lifecycle chaincode package`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        ObjectWriter::default()
            .string("path", &self.path)
            .string("type", &self.chaincode_type)
            .string("label", &self.label)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_type(chaincode_type: &str) -> PackageMetadata {
        PackageMetadata { chaincode_type: chaincode_type.to_owned(), ..PackageMetadata::default() }
    }

    #[test]
    fn both_types_are_claimed_without_case_and_never_trimmed() {
        for ours in ["ccaas", "CCAAS", "CcAaS", "external", "EXTERNAL"] {
            assert!(of_type(ours).is_chaincode_as_a_service(), "{ours}");
        }
        for foreign in ["", "ccaas ", " ccaas", "golang", "cca\u{17f}", "externa", "k8s"] {
            assert!(!of_type(foreign).is_chaincode_as_a_service(), "{foreign}");
        }
    }

    #[test]
    fn null_is_an_empty_document_and_other_kinds_are_refused() {
        assert_eq!(PackageMetadata::parse(b"null").unwrap(), PackageMetadata::default());
        for (document, message) in [
            (&b"[]"[..], "the document is an array, not an object"),
            (b"\"ccaas\"", "the document is a string, not an object"),
            (b"{\"type\":1}", "key type holds a number, not a string"),
            (b"{\"label\":{}}", "key label holds an object, not a string"),
            (b"{", "line 1, column 2: the document ends where a key or '}' should be"),
        ] {
            assert_eq!(PackageMetadata::parse(document).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn written_metadata_is_read_back(label in any::<String>(), chaincode_type in any::<String>(), path in any::<String>()) {
            let metadata = PackageMetadata { label, chaincode_type, path };
            prop_assert_eq!(PackageMetadata::parse(&metadata.to_json()).unwrap(), metadata);
        }
    }
}
