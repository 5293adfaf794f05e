//! CouchDB indexes of packages: read from the output of a builder's `release`, and created where a channel has a
//! copy.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use walkdir::WalkDir;

/// Index of a package, found as in Fabric 3.1 `core/ledger/kvledger/txmgmt/statedb/statecouchdb/statecouchdb.go`
/// (`ProcessIndexesForChaincodeDeploy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Name of the collection; [`None`] for the public state.
    pub collection: Option<String>,
    /// Path of its file, relative to `statedb/couchdb`.
    pub file: PathBuf,
    /// Definition sent to CouchDB: `{"index":{"fields":[…]},"ddoc":…,"name":…,"type":"json"}`.
    pub definition: String,
}

impl Index {
    /// Reads the indexes in a folder that a builder's `release` has filled, sorted by file.
    pub fn read_all(released: &Path) -> io::Result<Vec<Self>> {
        let root = released.join("statedb").join("couchdb");
        if !root.is_dir() {
            return Ok(Vec::new());
        }
        let mut indexes = Vec::new();
        for entry in WalkDir::new(&root).sort_by_file_name() {
            let entry = entry?;
            let file = entry.path().strip_prefix(&root).map_err(io::Error::other)?.to_owned();
            let parts: Vec<_> = file.iter().filter_map(|part| part.to_str()).collect();
            let collection = match parts[..] {
                ["indexes", _, ..] => None,
                ["collections", collection, "indexes", _, ..] => Some(collection.to_owned()),
                _ => continue,
            };
            if entry.file_type().is_file() {
                let definition = std::fs::read_to_string(entry.path())?;
                indexes.push(Self { collection, file, definition });
            }
        }
        Ok(indexes)
    }
}

/// Indexes by package ID.
#[derive(Debug, Default)]
pub struct Indexes(RwLock<HashMap<String, Vec<Index>>>);

impl Indexes {
    /// Stores the indexes of a package.
    pub fn add(&self, id: &str, indexes: Vec<Index>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), indexes);
    }

    /// Returns the indexes of a package.
    #[must_use]
    pub fn of(&self, id: &str) -> Vec<Index> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn indexes_are_read_from_their_folders_alone() {
        let released = tempfile::tempdir().unwrap();
        assert_eq!(Index::read_all(released.path()).unwrap(), []);
        let write = |file: &str| {
            let file = released.path().join("statedb/couchdb").join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "{}").unwrap();
        };
        for file in [
            "indexes/byOwner.json",
            "collections/members/indexes/byColor.json",
            "other/byOwner.json",
            "collections/members/byColor.json",
            "indexes.json",
        ] {
            write(file);
        }
        let index = |collection: Option<&str>, file: &str| Index {
            collection: collection.map(str::to_owned),
            file: PathBuf::from(file),
            definition: "{}".to_owned(),
        };
        assert_eq!(
            Index::read_all(released.path()).unwrap(),
            [
                index(Some("members"), "collections/members/indexes/byColor.json"),
                index(None, "indexes/byOwner.json")
            ]
        );
    }
}
