//! Reads and writes of collections. The caller checks that the collection exists, and access to it.

use sha2::{Digest, Sha256};

use super::record::{CollectionRecord, PrivateWrite};
use super::{Simulation, SimulationError};
use crate::error::LedgerError;
use crate::metadata::{self, Metadata};
use crate::namespace;
use crate::state::Entry;

impl Simulation {
    /// Reads a private value. Fails if this ledger does not have the value that belongs to the public hash.
    pub fn get_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, SimulationError> {
        self.note_private_read(namespace, collection);
        let entry = self.private_entry(namespace, collection, key)?;
        let private = entry.as_ref().map(|entry| entry.version);
        let public = self.hash_entry(namespace, collection, key)?.map(|entry| entry.version);
        if public != private {
            return Err(SimulationError::PrivateDataMissing { public, private });
        }
        self.collection(namespace, collection).reads.insert(key.to_owned(), private);
        Ok(entry.map(|entry| entry.value))
    }

    /// Reads private values, in the order of their keys. Like a peer, returns a value even if it does not belong to
    /// the public hash; the transaction will then be invalid.
    pub fn get_private_multiple<'a>(
        &mut self,
        namespace: &str,
        collection: &str,
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Option<Vec<u8>>>, SimulationError> {
        self.note_private_read(namespace, collection);
        let mut values = Vec::new();
        for key in keys {
            let entry = self.private_entry(namespace, collection, key)?;
            let version = entry.as_ref().map(|entry| entry.version);
            self.collection(namespace, collection).reads.insert(key.to_owned(), version);
            values.push(entry.map(|entry| entry.value));
        }
        Ok(values)
    }

    /// Reads the SHA-256 hash of a private value, which is public.
    pub fn private_hash(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<Vec<u8>>, SimulationError> {
        Ok(self.read_hash(namespace, collection, key)?.map(|entry| entry.value))
    }

    /// Reads the metadata of a private key, which is public.
    pub fn private_metadata(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Metadata, SimulationError> {
        let entry = self.read_hash(namespace, collection, key)?;
        Ok(metadata::decode(&entry.map(|entry| entry.metadata).unwrap_or_default())?)
    }

    /// Returns the metadata of a private key, given the SHA-256 of the key. Records no read.
    pub fn metadata_of_hash(
        &self,
        namespace: &str,
        collection: &str,
        key_hash: &[u8],
    ) -> Result<Metadata, LedgerError> {
        let namespace = namespace::hashed(namespace, collection);
        metadata::decode(&self.state.metadata(&self.channel, &namespace, key_hash)?.unwrap_or_default())
    }

    /// Writes a private value. An empty value deletes the key.
    pub fn put_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        value: Vec<u8>,
    ) -> Result<(), SimulationError> {
        let write = if value.is_empty() { PrivateWrite::Delete } else { PrivateWrite::Put(value) };
        self.write_private(namespace, collection, key, write)
    }

    /// Deletes a private key.
    pub fn delete_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<(), SimulationError> {
        self.write_private(namespace, collection, key, PrivateWrite::Delete)
    }

    /// Deletes a private key and its earlier values.
    pub fn purge_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<(), SimulationError> {
        self.write_private(namespace, collection, key, PrivateWrite::Purge)
    }

    /// Replaces all metadata of a private key.
    pub fn put_private_metadata(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        metadata: Metadata,
    ) -> Result<(), SimulationError> {
        self.begin_write()?;
        self.check_key(key)?;
        self.collection(namespace, collection).metadata.insert(key.to_owned(), metadata);
        Ok(())
    }

    fn write_private(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
        write: PrivateWrite,
    ) -> Result<(), SimulationError> {
        self.begin_write()?;
        self.check_key(key)?;
        self.collection(namespace, collection).writes.insert(key.to_owned(), write);
        Ok(())
    }

    fn private_entry(
        &self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<Entry>, LedgerError> {
        let namespace = namespace::private(namespace, collection);
        self.state.read(&self.channel, &namespace, key.as_bytes())
    }

    fn hash_entry(&self, namespace: &str, collection: &str, key: &str) -> Result<Option<Entry>, LedgerError> {
        let namespace = namespace::hashed(namespace, collection);
        self.state.read(&self.channel, &namespace, &Sha256::digest(key))
    }

    /// Reads the public part of a private key, and records its version.
    fn read_hash(
        &mut self,
        namespace: &str,
        collection: &str,
        key: &str,
    ) -> Result<Option<Entry>, SimulationError> {
        let entry = self.hash_entry(namespace, collection, key)?;
        let version = entry.as_ref().map(|entry| entry.version);
        self.collection(namespace, collection).reads.insert(key.to_owned(), version);
        Ok(entry)
    }

    fn collection(&mut self, namespace: &str, collection: &str) -> &mut CollectionRecord {
        self.recorded(namespace).collection(collection)
    }
}
