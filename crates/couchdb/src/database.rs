//! A database: bulk documents, queries, and indexes.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::client::{Answer, Call, Client};
use crate::error::CouchError;
use crate::name::DatabaseName;

/// Number of documents in a request, as on a peer (`core.yaml`, `maxBatchUpdateSize`).
const BATCH: usize = 1000;

/// Existing database.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    client: Client,
    name: DatabaseName,
}

#[derive(Deserialize)]
struct Rows {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    key: String,
    #[serde(default)]
    value: Option<Revision>,
}

#[derive(Deserialize)]
struct Revision {
    rev: String,
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    id: String,
    error: Option<String>,
    #[serde(default)]
    reason: String,
}

impl Database {
    /// Creates the database unless it exists.
    pub(crate) async fn ensure(client: &Client, name: DatabaseName) -> Result<Self, CouchError> {
        let database = Self { client: client.clone(), name };
        let answer = database.ask(Method::PUT, &[], None, "create").await?;
        // 412 is file_exists.
        if answer.status < 300 || answer.status == 412 {
            Ok(database)
        } else {
            Err(database.refused("create", &answer))
        }
    }

    /// Wraps a name that the server has listed.
    pub(crate) fn existing(client: &Client, name: &str) -> Self {
        Self { client: client.clone(), name: DatabaseName::listed(name) }
    }

    /// Reads a document; [`None`] if it does not exist.
    pub(crate) async fn read(&self, id: &str) -> Result<Option<Value>, CouchError> {
        let answer = self.ask(Method::GET, &[id], None, "read a document of").await?;
        match answer.status {
            404 => Ok(None),
            status if status < 300 => Ok(Some(answer.body)),
            _ => Err(self.refused("read a document of", &answer)),
        }
    }

    /// Writes documents, regardless of their revisions. [`None`] instead of a document deletes it.
    pub(crate) async fn write(
        &self,
        documents: &[(String, Option<Map<String, Value>>)],
    ) -> Result<(), CouchError> {
        for batch in documents.chunks(BATCH) {
            self.write_batch(batch).await?;
        }
        Ok(())
    }

    async fn write_batch(&self, batch: &[(String, Option<Map<String, Value>>)]) -> Result<(), CouchError> {
        let revisions = self.revisions(batch.iter().map(|(id, _)| id.as_str())).await?;
        let documents: Vec<_> = batch
            .iter()
            .filter_map(|(id, fields)| {
                let revision = revisions.get(id);
                // A document that does not exist need not be deleted.
                if fields.is_none() && revision.is_none() {
                    return None;
                }
                let mut document =
                    fields.clone().unwrap_or_else(|| Map::from_iter([("_deleted".into(), true.into())]));
                document.insert("_id".into(), id.clone().into());
                if let Some(revision) = revision {
                    document.insert("_rev".into(), revision.clone().into());
                }
                Some(Value::Object(document))
            })
            .collect();
        let written =
            self.call(Method::POST, &["_bulk_docs"], json!({"docs": documents}), "write to").await?;
        let written: Vec<Written> = self.decode(written, "write to")?;
        match written
            .into_iter()
            .find_map(|written| written.error.map(|error| (written.id, error, written.reason)))
        {
            None => Ok(()),
            Some((id, error, reason)) => Err(self
                .client
                .unexpected(&self.action("write to"), format!("document {id:?}: {error}: {reason}"))),
        }
    }

    /// Returns the revisions of the documents that exist.
    async fn revisions<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, String>, CouchError> {
        let keys: Vec<_> = ids.collect();
        let rows =
            self.call(Method::POST, &["_all_docs"], json!({"keys": keys}), "list documents of").await?;
        let rows: Rows = self.decode(rows, "list documents of")?;
        let existing = rows.rows.into_iter().filter_map(|row| {
            let revision = row.value.filter(|revision| !revision.deleted)?;
            Some((row.key, revision.rev))
        });
        Ok(existing.collect())
    }

    /// Runs a query, and returns the answer of `_find`.
    pub(crate) async fn find(&self, query: Map<String, Value>) -> Result<Value, CouchError> {
        self.call(Method::POST, &["_find"], Value::Object(query), "query").await
    }

    /// Creates an index unless it exists.
    pub(crate) async fn create_index(&self, definition: Value) -> Result<(), CouchError> {
        self.call(Method::POST, &["_index"], definition, "create an index in").await.map(drop)
    }

    /// Deletes the database.
    pub(crate) async fn delete(&self) -> Result<(), CouchError> {
        let answer = self.ask(Method::DELETE, &[], None, "delete").await?;
        if answer.status < 300 || answer.status == 404 {
            Ok(())
        } else {
            Err(self.refused("delete", &answer))
        }
    }

    async fn call(
        &self,
        method: Method,
        parts: &[&str],
        body: Value,
        verb: &str,
    ) -> Result<Value, CouchError> {
        let answer = self.ask(method, parts, Some(body), verb).await?;
        if answer.status < 300 { Ok(answer.body) } else { Err(self.refused(verb, &answer)) }
    }

    async fn ask(
        &self,
        method: Method,
        parts: &[&str],
        body: Option<Value>,
        verb: &str,
    ) -> Result<Answer, CouchError> {
        let resource = [&[self.name.as_str()], parts].concat();
        self.client.send(Call { method, resource: &resource, body, action: self.action(verb) }).await
    }

    pub(crate) fn decode<T: DeserializeOwned>(&self, body: Value, verb: &str) -> Result<T, CouchError> {
        serde_json::from_value(body)
            .map_err(|error| self.client.unexpected(&self.action(verb), error.to_string()))
    }

    fn refused(&self, verb: &str, answer: &Answer) -> CouchError {
        self.client.refused(self.action(verb), answer)
    }

    fn action(&self, verb: &str) -> String {
        format!("{verb} database {}", self.name)
    }
}
