//! Rich queries: what a chaincode passes to `GetQueryResult`, answered over JSON documents as CouchDB 3 answers it.
//!
//! A query is parsed once and knows nothing of where the documents are: it takes them as an iterator of keys and
//! values. Whatever it does not know is an error and never an empty result.
//! What is supported and where it differs is in `docs/rich-queries.md`.
//!
//! ```
//! use ccs_mango::{Query, QueryError};
//!
//! let query = Query::parse(r#"{"selector": {"owner": "tom", "size": {"$gte": 5}}}"#)?;
//! let state = [("m1", r#"{"owner":"tom","size":5}"#), ("m2", r#"{"owner":"ann","size":9}"#)];
//! let documents = state.map(|(key, value)| Ok::<_, QueryError>((key.to_owned(), value.as_bytes().to_vec())));
//!
//! let keys = query.run(documents, "")?.map(|row| Ok(row?.key)).collect::<Result<Vec<_>, QueryError>>()?;
//! assert_eq!(keys, ["m1"]);
//! # Ok::<(), QueryError>(())
//! ```

mod bookmark;
mod collation;
mod document;
mod error;
mod parse;
mod path;
mod projection;
mod query;
mod run;
mod selector;
mod sort;

pub use document::Document;
pub use error::QueryError;
pub use query::Query;
pub use run::{Page, Row};
