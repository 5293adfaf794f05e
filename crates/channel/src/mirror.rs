//! A channel's state in CouchDB, for who wants rich queries answered by the real one.
//!
//! The ledger stays the truth. Each block is copied before anyone is told of it; a copy that has failed once is not asked
//! any more, since it would answer with less than there is.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ccs_couchdb::{Change, CouchError, Found};
use ccs_ledger::{Committed, KeyValue, Ledger, Namespace, SimulationError};
use tokio::runtime::Handle;

/// The collections of chaincodes, by the names of these.
pub(crate) type Namespaces = BTreeMap<String, Vec<String>>;

/// The state of one channel in CouchDB.
#[derive(Debug)]
pub struct StateMirror {
    couch: ccs_couchdb::Mirror,
    /// Why the copy is behind, if it is.
    failure: Mutex<Option<String>>,
}

/// The copy cannot be made or asked.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// CouchDB cannot be reached, or refuses.
    #[error(transparent)]
    Couch(#[from] CouchError),
    /// What a channel has already cannot be in CouchDB.
    #[error("could not copy channel {channel} to CouchDB: {reason}")]
    State {
        /// The channel.
        channel: String,
        /// Which key, or which field of its value.
        reason: String,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] SimulationError),
    /// A block could not be copied earlier.
    #[error("the copy of the state in CouchDB is behind: {0}")]
    Behind(String),
}

impl MirrorError {
    /// Says what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Couch(error) => error.hint(),
            Self::State { .. } => Some(
                "it was written without CouchDB: begin with an empty ledger, or go on without CouchDB"
                    .to_owned(),
            ),
            Self::Behind(_) => Some("start the peer again: it copies the state anew".to_owned()),
            Self::Ledger(_) => None,
        }
    }
}

impl StateMirror {
    /// Connects to CouchDB and copies what these chaincodes, each with its collections, have in a ledger, unless it is there
    /// already.
    pub(crate) async fn open(
        server: ccs_couchdb::Server,
        ledger: &Ledger,
        namespaces: &Namespaces,
    ) -> Result<Self, MirrorError> {
        let couch = ccs_couchdb::Mirror::open(server, ledger.name()).await?;
        let height = ledger.height();
        if couch.savepoint().await? != Some(height) {
            couch.clear().await?;
            let applied = couch.apply(height, &state(ledger, namespaces)?).await;
            applied.map_err(|error| match error {
                CouchError::Key(_) | CouchError::Field(_) => {
                    MirrorError::State { channel: ledger.name().to_owned(), reason: error.to_string() }
                }
                error => error.into(),
            })?;
        }
        Ok(Self { couch, failure: Mutex::default() })
    }

    /// Copies a block; for a thread that may wait. After a failure nothing is copied, so that no block waits for a server that
    /// is gone.
    pub fn apply(&self, block: &Committed, runtime: &Handle) -> Result<(), MirrorError> {
        if self.failure().is_some() {
            return Ok(());
        }
        let changes = block.updates.iter().filter_map(|(namespace, keys)| {
            // Hashes are no texts, and no documents.
            let change = |(key, update): (&Vec<u8>, &ccs_ledger::Update)| {
                let key = String::from_utf8(key.clone()).ok()?;
                Some(Change { key, value: update.value.clone() })
            };
            let changes: Option<Vec<_>> =
                (!matches!(Namespace::parse(namespace), Some(Namespace::Hashed { .. })))
                    .then(|| keys.iter().filter_map(change).collect());
            Some((namespace.clone(), changes?))
        });
        let applied = runtime.block_on(self.couch.apply(block.number + 1, &changes.collect()));
        applied.inspect_err(|error| {
            self.failure().get_or_insert_with(|| error.to_string());
        })?;
        Ok(())
    }

    /// Finds the keys that a query selects.
    pub async fn find(
        &self,
        namespace: &str,
        query: &str,
        limit: usize,
        bookmark: &str,
    ) -> Result<Found, MirrorError> {
        if let Some(failure) = self.failure().clone() {
            return Err(MirrorError::Behind(failure));
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        Ok(self.couch.find(namespace, query, limit, bookmark).await?)
    }

    /// Creates an index, unless it exists.
    pub async fn create_index(&self, namespace: &str, definition: &str) -> Result<(), MirrorError> {
        Ok(self.couch.create_index(namespace, definition).await?)
    }

    fn failure(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns everything that chaincodes have in the state, collections included.
fn state(ledger: &Ledger, namespaces: &Namespaces) -> Result<BTreeMap<String, Vec<Change>>, SimulationError> {
    let mut simulation = ledger.simulate("")?;
    let change = |entry: Result<KeyValue, _>| {
        entry
            .map(|KeyValue { key, value }| Change { key, value: Some(value) })
            .map_err(SimulationError::Ledger)
    };
    let mut state = BTreeMap::new();
    for (chaincode, collections) in namespaces {
        state.insert(chaincode.clone(), simulation.scan(chaincode)?.map(change).collect::<Result<_, _>>()?);
        for collection in collections {
            let entries =
                simulation.scan_private(chaincode, collection)?.map(change).collect::<Result<_, _>>()?;
            state.insert(Namespace::Private { chaincode, collection }.to_string(), entries);
        }
    }
    Ok(state)
}
