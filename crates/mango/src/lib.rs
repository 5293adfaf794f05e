//! Rich queries: answers the queries that a chaincode passes to `GetQueryResult`, on JSON documents, like CouchDB 3.
//!
//! A query is parsed once, and is independent of where the documents are stored: it takes an iterator of keys and
//! values. Unknown parts of a query are errors, never an empty result. `docs/rich-queries.md` lists the supported
//! features and the differences.
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
