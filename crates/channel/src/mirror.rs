//! Mirrors a channel's state into CouchDB, which then answers rich queries.
//!
//! The ledger remains authoritative. Each block is copied before clients see it. After a failure, the copy is no
//! longer used, since its answers would be incomplete.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ccs_couchdb::{Change, CouchError, Found};
use ccs_ledger::{Committed, KeyValue, Ledger, Namespace, SimulationError};
use tokio::runtime::Handle;

/// Collections by chaincode name.
pub(crate) type Namespaces = BTreeMap<String, Vec<String>>;

/// Copy of a channel's state in CouchDB.
#[derive(Debug)]
pub struct StateMirror {
    couch: ccs_couchdb::Mirror,
    /// Reason why the copy is out of sync, if it is.
    failure: Mutex<Option<String>>,
}

/// Error from creating or querying the copy.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// CouchDB cannot be reached, or returns an error.
    #[error(transparent)]
    Couch(#[from] CouchError),
    /// CouchDB cannot store a part of the channel's existing state.
    #[error("could not copy channel {channel} to CouchDB: {reason}")]
    State {
        /// Name of the channel.
        channel: String,
        /// Description of the invalid key or field.
        reason: String,
    },
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] SimulationError),
    /// An earlier block could not be copied.
    #[error("CouchDB is out of sync with the ledger: {0}")]
    Behind(String),
}

impl MirrorError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Couch(error) => error.hint(),
            Self::State { .. } => Some(
                "the ledger was written without CouchDB: start with an empty ledger, or continue without CouchDB"
                    .to_owned(),
            ),
            Self::Behind(_) => Some("restart the peer: it copies the state again".to_owned()),
            Self::Ledger(_) => None,
        }
    }
}

impl StateMirror {
    /// Connects to CouchDB, and copies the state of these chaincodes and their collections from a ledger, except
    /// values that are already there.
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

    /// Copies a block. Call it on a blocking thread. After a failure, copies nothing, so that no block waits for an
    /// unreachable server.
    pub fn apply(&self, block: &Committed, runtime: &Handle) -> Result<(), MirrorError> {
        if self.failure().is_some() {
            return Ok(());
        }
        let changes = block.updates.iter().filter_map(|(namespace, keys)| {
            // Skips hashes, since they are neither text nor documents.
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

    /// Returns the keys that a query selects.
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

/// Returns the whole state of the chaincodes, including collections.
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
