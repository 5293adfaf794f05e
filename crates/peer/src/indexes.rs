//! The indexes that packages ask of CouchDB: read from what a builder released, created where a channel is copied.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use walkdir::WalkDir;

use crate::mirror;
use crate::peer::Peer;

/// An index of a package, as Fabric 3.1 `core/ledger/kvledger/txmgmt/statedb/statecouchdb/statecouchdb.go` finds it
/// (`ProcessIndexesForChaincodeDeploy`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The collection that it is for; [`None`] for the public state.
    pub collection: Option<String>,
    /// Its file below `statedb/couchdb`.
    pub file: PathBuf,
    /// What CouchDB is sent: `{"index":{"fields":[…]},"ddoc":…,"name":…,"type":"json"}`.
    pub definition: String,
}

impl Index {
    /// Reads the indexes in a folder that a builder's `release` has filled, in the order of their files.
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

/// The indexes of the packages, by the packages' IDs.
#[derive(Debug, Default)]
pub(crate) struct Indexes(RwLock<HashMap<String, Vec<Index>>>);

impl Peer {
    /// Notes the indexes of a package.
    pub fn add_indexes(&self, id: &str, indexes: Vec<Index>) {
        self.indexes().0.write().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), indexes);
    }

    /// Creates the indexes of the packages by which chaincode runs, on each channel that is copied to CouchDB; one that is
    /// there already is left alone. Gives what failed: the queries that need it will say so, too.
    pub async fn create_indexes(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for channel in self.channels() {
            let Some(mirror) = channel.mirror() else { continue };
            for chaincode in channel.defined().unwrap_or_default() {
                let Ok(Some(definition)) = channel.definition(&chaincode) else { continue };
                let Ok(id) = self.id_of(&channel, &chaincode, &definition) else { continue };
                for index in self.indexes_of(&id) {
                    let namespace = match &index.collection {
                        None => chaincode.clone(),
                        Some(collection) => mirror::private(&chaincode, collection),
                    };
                    if let Err(error) = mirror.create_index(&namespace, &index.definition).await {
                        let file = index.file.display();
                        failures.push(format!("the index {file} of {id} cannot be created: {error}"));
                    }
                }
            }
        }
        failures
    }

    fn indexes_of(&self, id: &str) -> Vec<Index> {
        let indexes = self.indexes().0.read().unwrap_or_else(PoisonError::into_inner);
        indexes.get(id).cloned().unwrap_or_default()
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
