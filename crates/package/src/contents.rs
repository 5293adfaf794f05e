//! The content of a new package.

use std::collections::BTreeMap;

use ccs_files::{Label, PackageMetadata};

use crate::code;

/// The content of a package: label, type and the files of its code.
///
/// The order in which files are added does not matter. All files are held in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageContents {
    label: Label,
    metadata: PackageMetadata,
    files: BTreeMap<String, Vec<u8>>,
}

/// The reason why a file cannot be added to a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentsError {
    /// The path does not have the form that a peer uses.
    #[error("{path:?} cannot be the path of a file in a package")]
    Path {
        /// The path.
        path: String,
    },
    /// The path is already in use.
    #[error("{path:?} is already in the package")]
    Duplicate {
        /// The path.
        path: String,
    },
    /// The path of one file would be the folder of another.
    #[error("the package cannot contain both {path:?} and {other:?}: one would be both a file and a folder")]
    Conflict {
        /// The path.
        path: String,
        /// The existing path.
        other: String,
    },
}

impl ContentsError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Path { .. } => Some(
                "use a relative path without '.', '..' or '//', such as META-INF/statedb/x.json".to_owned(),
            ),
            Self::Duplicate { .. } | Self::Conflict { .. } => None,
        }
    }
}

impl PackageContents {
    /// Creates a package without files. The type is `ccaas` for chaincode as a service.
    #[must_use]
    pub fn new(label: Label, chaincode_type: &str) -> Self {
        let metadata = PackageMetadata {
            label: label.as_str().to_owned(),
            chaincode_type: chaincode_type.to_owned(),
            path: String::new(),
        };
        Self { label, metadata, files: BTreeMap::new() }
    }

    /// Sets the `path` of `metadata.json`, which only Fabric's own Go platform uses.
    #[must_use]
    pub fn with_source_path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.metadata.path);
        self
    }

    /// Adds a file to the code, such as `connection.json` or a file in `META-INF`.
    pub fn add(&mut self, path: &str, content: impl Into<Vec<u8>>) -> Result<(), ContentsError> {
        let is_clean = code::clean(path.as_bytes()).is_some_and(|clean| clean.as_os_str() == path);
        if path.is_empty() || path.contains('\0') || !is_clean {
            return Err(ContentsError::Path { path: path.to_owned() });
        }
        if self.files.contains_key(path) {
            return Err(ContentsError::Duplicate { path: path.to_owned() });
        }
        if let Some(other) = self.conflict(path) {
            return Err(ContentsError::Conflict { path: path.to_owned(), other: other.to_owned() });
        }
        self.files.insert(path.to_owned(), content.into());
        Ok(())
    }

    /// Returns the label.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.label
    }

    /// Returns the content of `metadata.json`.
    #[must_use]
    pub fn metadata(&self) -> &PackageMetadata {
        &self.metadata
    }

    /// Returns the files in the order in which they are written: sorted by the bytes of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, content)| (path.as_str(), content.as_slice()))
    }

    fn conflict(&self, path: &str) -> Option<&str> {
        let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        let above =
            folders.filter_map(|folder| self.files.get_key_value(folder)).map(|(other, _)| other).next();
        let below = format!("{path}/");
        let next = || self.files.range(below.clone()..).next().map(|(other, _)| other);
        above.or_else(|| next().filter(|other| other.starts_with(&below))).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_refused_unless_a_peer_would_use_them_as_they_are() {
        let mut contents = PackageContents::new("a".parse().unwrap(), "ccaas");
        for bad in ["", ".", "..", "./a", "/a", "a/", "a//b", "a/../b", "../a", "a\0b"] {
            let error = contents.add(bad, "").unwrap_err();
            assert_eq!(error, ContentsError::Path { path: bad.to_owned() });
        }
        contents.add("a/b", "1").unwrap();
        contents.add("a-b", "1").unwrap();
        assert_eq!(contents.add("a/b", "2").unwrap_err().to_string(), "\"a/b\" is already in the package");
        let conflict =
            |path: &str| ContentsError::Conflict { path: path.to_owned(), other: "a/b".to_owned() };
        assert_eq!(contents.add("a", "2"), Err(conflict("a")));
        assert_eq!(contents.add("a/b/c/d", "2"), Err(conflict("a/b/c/d")));
    }
}
