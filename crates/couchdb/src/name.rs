//! Names of databases, derived from channels and namespaces like on a peer.
//!
//! Source: Fabric 3.1 `core/ledger/kvledger/txmgmt/statedb/statecouchdb/couchdbutil.go` (`constructMetadataDBName`,
//! `constructNamespaceDBName`, `mapAndValidateDatabaseName`).

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::error::CouchError;

/// Maximum length of a name: CouchDB allows file names of 249 bytes, and appends to the name.
const LONGEST: usize = 238;
/// Length to which each part of a longer name is cut.
const PART: usize = 50;

/// Name of a database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DatabaseName(String);

impl DatabaseName {
    /// Returns the name of a channel's database, which contains the savepoint.
    pub(crate) fn of_channel(channel: &str) -> Result<Self, CouchError> {
        if channel.len() <= LONGEST {
            return Self::check(&format!("{channel}_"));
        }
        Self::check(&format!("{}({})_", head(channel), hash(channel)))
    }

    /// Returns the name of a namespace's database: `chaincode`, `chaincode$$pcollection` or `chaincode$$hcollection`.
    pub(crate) fn of_namespace(channel: &str, namespace: &str) -> Result<Self, CouchError> {
        let escaped = escape_capitals(namespace);
        let name = format!("{channel}_{escaped}");
        if name.len() <= LONGEST {
            return Self::check(&name);
        }
        let shortened: Vec<_> = escaped.splitn(2, "$$").map(head).collect();
        let hash = hash(&format!("{channel}_{namespace}"));
        Self::check(&format!("{}_{}({hash})", head(channel), shortened.join("$$")))
    }

    /// Returns the common prefix of the names of a channel's databases.
    pub(crate) fn prefix(channel: &str) -> Result<String, CouchError> {
        Self::check(&format!("{}_", head(channel))).map(|name| name.0)
    }

    /// Wraps a name that a server has listed.
    pub(crate) fn listed(name: &str) -> Self {
        Self(name.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn check(name: &str) -> Result<Self, CouchError> {
        let is_inner =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".$_()+-".contains(&byte);
        if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(is_inner) {
            return Err(CouchError::DatabaseName(name.to_owned()));
        }
        Ok(Self(name.replace('.', "$")))
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn head(part: &str) -> &str {
    part.char_indices().nth(PART).map_or(part, |(end, _)| &part[..end])
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Replaces `A` by `$a`, since CouchDB allows no capitals in names.
fn escape_capitals(namespace: &str) -> String {
    let mut escaped = String::with_capacity(namespace.len());
    for character in namespace.chars() {
        if character.is_ascii_uppercase() {
            escaped.push('$');
        }
        escaped.push(character.to_ascii_lowercase());
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_a_peer() {
        let of = |channel, namespace| DatabaseName::of_namespace(channel, namespace).map(|name| name.0);
        assert_eq!(of("mychannel", "basic").unwrap(), "mychannel_basic");
        assert_eq!(of("my.channel", "assetTransfer").unwrap(), "my$channel_asset$transfer");
        assert_eq!(of("ch", "Marbles$$pcollectionA").unwrap(), "ch_$marbles$$pcollection$a");
        assert_eq!(DatabaseName::of_channel("my.channel").unwrap().0, "my$channel_");
        assert_eq!(DatabaseName::prefix("my.channel").unwrap(), "my$channel_");
    }

    #[test]
    fn a_long_name_is_shortened_and_told_apart_by_a_hash() {
        let (channel, chaincode, collection) = ("c".repeat(60), "n".repeat(100), "p".repeat(100));
        let namespace = format!("{chaincode}$$p{collection}");
        let name = DatabaseName::of_namespace(&channel, &namespace).unwrap().0;
        let hash = hash(&format!("{channel}_{namespace}"));
        assert_eq!(name, format!("{}_{}$$p{}({hash})", "c".repeat(50), "n".repeat(50), "p".repeat(49)));
        let long = DatabaseName::of_channel(&"c".repeat(239)).unwrap().0;
        assert!(long.starts_with(&format!("{}(", "c".repeat(50))) && long.ends_with(")_"), "{long}");
    }

    #[test]
    fn what_couchdb_does_not_take_is_refused() {
        for (channel, namespace) in [("1ch", "basic"), ("", "basic"), ("ch", "a/b"), ("ch", "é")] {
            let error = DatabaseName::of_namespace(channel, namespace).unwrap_err().to_string();
            assert!(error.ends_with("it must match [a-z][a-z0-9.$_()+-]*"), "{error}");
        }
    }
}
