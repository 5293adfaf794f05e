//! The changes of a block, and the state that its next transaction sees.

use std::collections::BTreeMap;
use std::ops::Bound;

use redb::ReadableTable;

use crate::error::LedgerError;
use crate::state::{Current, End, Entry, Span};
use crate::version::Version;

/// Changes of a block by namespace and key. A collection `C` of the namespace `N` has two further namespaces: `N$$pC`
/// with its values, and `N$$hC`, whose keys and values are SHA-256 hashes.
pub type Updates = BTreeMap<String, BTreeMap<Vec<u8>, Update>>;

/// Change of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// Version of the writing transaction; `u64::MAX` of the block for expired values.
    pub version: Version,
    /// New value; [`None`] if the key is deleted.
    pub value: Option<Vec<u8>>,
    /// Metadata (a `KVMetadataWrite` without its key); empty if there are none.
    pub metadata: Vec<u8>,
}

impl Update {
    pub(super) fn delete(version: Version) -> Self {
        Self { version, value: None, metadata: Vec::new() }
    }
}

/// State with the changes of the block's earlier transactions.
pub(super) struct View<'a, 't> {
    pub(super) state: &'a Current<'t>,
    pub(super) channel: &'a str,
    pub(super) updates: &'a mut Updates,
}

impl View<'_, '_> {
    /// Returns the change of a key by the block so far.
    pub(super) fn update(&self, namespace: &str, key: &[u8]) -> Option<&Update> {
        self.updates.get(namespace)?.get(key)
    }

    /// Records the change of a key.
    pub(super) fn set(&mut self, namespace: &str, key: Vec<u8>, update: Update) {
        if let Some(keys) = self.updates.get_mut(namespace) {
            keys.insert(key, update);
        } else {
            self.updates.insert(namespace.to_owned(), BTreeMap::from([(key, update)]));
        }
    }

    /// Reads the version of a key in the committed state.
    pub(super) fn committed_version(
        &self,
        namespace: &str,
        key: &[u8],
    ) -> Result<Option<Version>, LedgerError> {
        self.state.version(self.channel, namespace, key)
    }

    /// Reads a key, including the block's changes.
    pub(super) fn latest(&self, namespace: &str, key: &[u8]) -> Result<Option<Entry>, LedgerError> {
        match self.update(namespace, key) {
            Some(Update { version, value, metadata }) => Ok(value.as_ref().map(|value| Entry {
                version: *version,
                metadata: metadata.clone(),
                value: value.clone(),
            })),
            None => self.state.read(self.channel, namespace, key),
        }
    }

    /// Reads the metadata of a key, including the block's changes.
    pub(super) fn latest_metadata(
        &self,
        namespace: &str,
        key: &[u8],
    ) -> Result<Option<Vec<u8>>, LedgerError> {
        match self.update(namespace, key) {
            Some(Update { value, metadata, .. }) => Ok(value.as_ref().map(|_| metadata.clone())),
            None => self.state.metadata(self.channel, namespace, key),
        }
    }

    /// Returns the keys and versions of a range in order, including the block's changes.
    pub(super) fn range<'v>(
        &'v self,
        namespace: &'v str,
        start: &'v [u8],
        end: End<'v>,
    ) -> Result<impl Iterator<Item = Result<(Vec<u8>, Version), LedgerError>>, LedgerError> {
        let span = Span::new(self.channel, namespace, start, end);
        let committed = self.state.rows.range(span.bounds())?.filter_map(move |row| match row {
            Ok((key, value)) => {
                let key = key.value().2;
                let (block, transaction, _, _) = value.value();
                let is_overwritten = self.update(namespace, key).is_some();
                (!is_overwritten).then(|| Ok((key.to_vec(), Version { block, transaction })))
            }
            Err(error) => Some(Err(error.into())),
        });
        let pending = self
            .updates
            .get(namespace)
            .into_iter()
            .flat_map(move |keys| keys.range::<[u8], _>(bounds(start, end)))
            .filter(|(_, update)| update.value.is_some())
            .map(|(key, update)| (key.clone(), update.version));
        Ok(merge(committed, pending))
    }
}

fn bounds<'a>(start: &'a [u8], end: End<'a>) -> (Bound<&'a [u8]>, Bound<&'a [u8]>) {
    let end = match end {
        End::Open => Bound::Unbounded,
        End::Before(key) if key <= start => Bound::Excluded(start),
        End::With(key) if key < start => Bound::Excluded(start),
        End::Before(key) => Bound::Excluded(key),
        End::With(key) => Bound::Included(key),
    };
    (Bound::Included(start), end)
}

/// Merges two sorted lists without common keys.
fn merge(
    committed: impl Iterator<Item = Result<(Vec<u8>, Version), LedgerError>>,
    pending: impl Iterator<Item = (Vec<u8>, Version)>,
) -> impl Iterator<Item = Result<(Vec<u8>, Version), LedgerError>> {
    let mut committed = committed.peekable();
    let mut pending = pending.peekable();
    std::iter::from_fn(move || match (committed.peek(), pending.peek()) {
        (Some(Ok((key, _))), Some((other, _))) if other < key => pending.next().map(Ok),
        (Some(_), _) => committed.next(),
        (None, _) => pending.next().map(Ok),
    })
}
