//! `build-info.json`, in which a peer records the builder of a package.

use crate::json::{self, ObjectWriter, SyntaxError, TypeError};

/// The content of `build-info.json` in a peer's durable build (Fabric 3.1
/// `core/container/externalbuilder/externalbuilder.go`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildInfo {
    /// The builder's name in `externalBuilders` of core.yaml.
    pub builder_name: String,
}

/// The reason why a text is not a valid `build-info.json`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildInfoError {
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// The field has the wrong type.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// The name is missing.
    #[error("key builder_name is missing")]
    NoName,
}

impl BuildInfo {
    /// Parses the file's content.
    pub fn parse(content: &[u8]) -> Result<Self, BuildInfoError> {
        let object = json::parse(content)?.as_object().ok_or(BuildInfoError::NoName)?;
        let builder_name = object.string("builder_name")?.ok_or(BuildInfoError::NoName)?;
        Ok(Self { builder_name })
    }

    /// Returns the file's content.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        ObjectWriter::default().string("builder_name", &self.builder_name).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_broken_is_named() {
        let info = BuildInfo { builder_name: "ccaas \"x\"".to_owned() };
        assert_eq!(info.to_json(), br#"{"builder_name":"ccaas \"x\""}"#);
        assert_eq!(BuildInfo::parse(&info.to_json()).unwrap(), info);
        assert_eq!(BuildInfo::parse(b"{}").unwrap_err().to_string(), "key builder_name is missing");
        assert_eq!(BuildInfo::parse(b"[]").unwrap_err().to_string(), "key builder_name is missing");
        assert!(BuildInfo::parse(b"").unwrap_err().to_string().contains("the document is empty"));
    }
}
