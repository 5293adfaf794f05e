//! The state of one channel in CouchDB.

use std::collections::BTreeMap;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::client::{Call, Client};
use crate::database::Database;
use crate::error::CouchError;
use crate::name::DatabaseName;
use crate::server::Server;

/// ID of the document with the number of blocks that the channel's databases contain.
const SAVEPOINT: &str = "ccs_savepoint";
/// The document's ID on a peer (Fabric 3.1 `statecouchdb.go`, `savepointDocID`). We must not write to databases with
/// it.
const PEERS_SAVEPOINT: &str = "statedb_savepoint";

/// Key and its new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Key of the state.
    pub key: String,
    /// New value; `None` if the key was deleted.
    pub value: Option<Vec<u8>>,
}

/// Results of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Keys, in the order of the results.
    pub keys: Vec<String>,
    /// Bookmark of the next page.
    pub bookmark: String,
}

/// Databases of a channel.
#[derive(Debug, Clone)]
pub struct Mirror {
    client: Client,
    channel: String,
    metadata: Database,
}

#[derive(Serialize, Deserialize)]
struct Savepoint {
    block_height: u64,
}

#[derive(Deserialize)]
struct Documents {
    docs: Vec<Identified>,
    #[serde(default)]
    bookmark: String,
}

#[derive(Deserialize)]
struct Identified {
    #[serde(rename = "_id")]
    id: String,
}

impl Mirror {
    /// Connects to CouchDB and creates the database of the channel unless it exists.
    ///
    /// Rejects a channel whose databases belong to a Fabric peer.
    pub async fn open(server: Server, channel: &str) -> Result<Self, CouchError> {
        let client = Client::new(server)?;
        let name = DatabaseName::of_channel(channel)?;
        let metadata = Database::ensure(&client, name.clone()).await?;
        if metadata.read(PEERS_SAVEPOINT).await?.is_some() {
            return Err(CouchError::ForeignDatabase {
                server: client.server().to_string(),
                database: name.to_string(),
            });
        }
        Ok(Self { client, channel: channel.to_owned(), metadata })
    }

    /// Returns the number of blocks that the databases contain; `None` before the first.
    ///
    /// If it is less than that of the store, the caller must apply the missing blocks. If it is greater, the
    /// databases belong to another ledger, and [`clear`](Self::clear) removes them.
    pub async fn savepoint(&self) -> Result<Option<u64>, CouchError> {
        let Some(document) = self.metadata.read(SAVEPOINT).await? else { return Ok(None) };
        let savepoint: Savepoint = self.metadata.decode(document, "read the savepoint of")?;
        Ok(Some(savepoint.block_height))
    }

    /// Writes the changes of a block, by namespace, and then the number of blocks.
    ///
    /// A value that is not a JSON object deletes the document, since a rich query never finds it. Applying the same
    /// changes again has no effect, so the whole block can be retried after a failure.
    pub async fn apply(
        &self,
        block_height: u64,
        changes: &BTreeMap<String, Vec<Change>>,
    ) -> Result<(), CouchError> {
        for (namespace, changes) in changes {
            let documents = changes.iter().map(document).collect::<Result<Vec<_>, _>>()?;
            self.namespace(namespace).await?.write(&documents).await?;
        }
        let savepoint = json!(Savepoint { block_height });
        let savepoint = savepoint.as_object().cloned();
        self.metadata.write(&[(SAVEPOINT.to_owned(), savepoint)]).await
    }

    /// Returns the keys of at most `limit` states of a namespace that a query selects.
    ///
    /// Changes the query as a peer does: replaces its `limit`, and its `bookmark` if the caller has one.
    pub async fn find(
        &self,
        namespace: &str,
        query: &str,
        limit: u32,
        bookmark: &str,
    ) -> Result<Found, CouchError> {
        let mut query: Map<String, Value> =
            serde_json::from_str(query).map_err(|error| CouchError::Query(error.to_string()))?;
        if query.get("fields").is_some_and(|fields| !fields.is_array()) {
            return Err(CouchError::Fields);
        }
        query.insert("fields".to_owned(), json!(["_id"]));
        query.insert("limit".to_owned(), limit.into());
        if !bookmark.is_empty() {
            query.insert("bookmark".to_owned(), bookmark.into());
        }
        let database = self.namespace(namespace).await?;
        let found: Documents = database.decode(database.find(query).await?, "query")?;
        Ok(Found {
            keys: found.docs.into_iter().map(|document| document.id).collect(),
            bookmark: found.bookmark,
        })
    }

    /// Creates the index that a file of `META-INF/statedb/couchdb` defines, unless it exists.
    pub async fn create_index(&self, namespace: &str, definition: &str) -> Result<(), CouchError> {
        let definition =
            serde_json::from_str(definition).map_err(|error| CouchError::Index(error.to_string()))?;
        self.namespace(namespace).await?.create_index(definition).await
    }

    /// Deletes all databases of the channel and creates an empty one.
    pub async fn clear(&self) -> Result<(), CouchError> {
        let action = "list databases".to_owned();
        let call = Call { method: Method::GET, resource: &["_all_dbs"], body: None, action: action.clone() };
        let answer = self.client.send(call).await?;
        if answer.status >= 300 {
            return Err(self.client.refused(action, &answer));
        }
        let names: Vec<String> = serde_json::from_value(answer.body)
            .map_err(|error| self.client.unexpected(&action, error.to_string()))?;
        // Channel names contain no underscores, so the databases of no other channel have this prefix.
        let prefix = DatabaseName::prefix(&self.channel)?;
        for name in names.iter().filter(|name| name.starts_with(&prefix)) {
            Database::existing(&self.client, name).delete().await?;
        }
        Database::ensure(&self.client, DatabaseName::of_channel(&self.channel)?).await.map(drop)
    }

    async fn namespace(&self, namespace: &str) -> Result<Database, CouchError> {
        Database::ensure(&self.client, DatabaseName::of_namespace(&self.channel, namespace)?).await
    }
}

fn document(change: &Change) -> Result<(String, Option<Map<String, Value>>), CouchError> {
    let fields = match &change.value {
        Some(value) => check(&change.key, value)?,
        None => None,
    };
    Ok((change.key.clone(), fields))
}

/// Makes the checks of a peer with CouchDB before it endorses a write. Returns the fields of a JSON object.
///
/// Source: Fabric 3.1 `statecouchdb.go` (`ValidateKeyValue`) and `couchdoc_conv.go`.
pub fn check(key: &str, value: &[u8]) -> Result<Option<Map<String, Value>>, CouchError> {
    if key.is_empty() {
        return Err(CouchError::Key(
            "invalid key. Empty string is not supported as a key by couchdb".to_owned(),
        ));
    }
    if key.starts_with('_') {
        return Err(CouchError::Key(format!("invalid key [{key}], cannot begin with \"_\"")));
    }
    let Ok(fields) = serde_json::from_slice::<Map<String, Value>>(value) else { return Ok(None) };
    match fields.keys().find(|name| name.starts_with('_') || *name == "~version") {
        Some(name) => Err(CouchError::Field(name.clone())),
        None => Ok(Some(fields)),
    }
}
