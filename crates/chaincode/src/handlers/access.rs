//! Access to collections, and restrictions on keys and values.
//!
//! Identities that satisfy a collection's policy are members. Members have both rights; others have only those that
//! the definition does not reserve for members (Fabric 3.1 `core/common/privdata/{collection,store}.go`).

use ccs_channel::IMPLICIT;

use super::RequestError;
use crate::context::{CollectionRights, Context};

impl Context {
    /// Rejects the use of collections in Init.
    pub(super) fn outside_init(&self) -> Result<(), RequestError> {
        if self.is_init { Err(RequestError::PrivateDataInInit) } else { Ok(()) }
    }

    /// Rejects a collection that the creator may not read.
    pub(super) fn readable(&self, collection: &str) -> Result<(), RequestError> {
        self.outside_init()?;
        if self.access_to(collection)?.read { Ok(()) } else { Err(self.no_access("read", collection)) }
    }

    /// Rejects a collection that the creator may not write.
    pub(super) fn writable(&self, collection: &str) -> Result<(), RequestError> {
        self.outside_init()?;
        if self.access_to(collection)?.write { Ok(()) } else { Err(self.no_access("write", collection)) }
    }

    /// Rejects keys and values that CouchDB cannot store, if the channel has a copy there. A rejected write still
    /// counts as a write.
    pub(super) fn storable(&self, key: &str, value: &[u8]) -> Result<(), RequestError> {
        if self.channel.mirror().is_some() {
            self.simulation().begin_write()?;
            ccs_couchdb::check(key, value)?;
        }
        Ok(())
    }

    /// Rejects a collection that does not exist, with a simulator's text. Every chaincode has the implicit collections,
    /// so its collections are never undefined as a whole.
    pub(super) fn defined(&self, collection: &str) -> Result<(), RequestError> {
        if self.channel.is_implicit_collection(collection) || self.definition.collection(collection).is_some()
        {
            Ok(())
        } else {
            Err(self.undefined(collection))
        }
    }

    fn access_to(&self, collection: &str) -> Result<CollectionRights, RequestError> {
        if let Some(&known) = self.access().get(collection) {
            return Ok(known);
        }
        let access = self.find_access(collection)?;
        self.access().insert(collection.to_owned(), access);
        Ok(access)
    }

    fn find_access(&self, collection: &str) -> Result<CollectionRights, RequestError> {
        const ALL: CollectionRights = CollectionRights { read: true, write: true };
        if self.channel.is_implicit_collection(collection) {
            return Ok(ALL);
        }
        let Some(config) = self.definition.collection(collection) else {
            // A peer allows the access to the implicit collection of any organization; its simulator rejects those of
            // organizations that are not in the channel.
            if collection.starts_with(IMPLICIT) {
                return Err(self.undefined(collection));
            }
            return Err(RequestError::NoSuchCollection {
                channel: self.channel.name().to_owned(),
                chaincode: self.chaincode.clone(),
                collection: collection.to_owned(),
            });
        };
        let Some(creator) = &self.creator else { return Ok(ALL) };
        if !config.member_only_read && !config.member_only_write {
            return Ok(ALL);
        }
        let policy = ccs_channel::members(config)
            .map_err(|reason| RequestError::Policy { collection: collection.to_owned(), reason })?;
        if policy.is_some_and(|policy| policy.is_satisfied_by([&**creator])) {
            return Ok(ALL);
        }
        Ok(CollectionRights { read: !config.member_only_read, write: !config.member_only_write })
    }

    fn undefined(&self, collection: &str) -> RequestError {
        let (chaincode, collection) = (self.chaincode.clone(), collection.to_owned());
        RequestError::UndefinedCollection { chaincode, collection }
    }

    fn no_access(&self, right: &'static str, collection: &str) -> RequestError {
        let (chaincode, collection) = (self.chaincode.clone(), collection.to_owned());
        RequestError::NoAccess { right, chaincode, collection }
    }
}
