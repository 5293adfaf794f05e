//! Errors from using CouchDB.

/// Error from using CouchDB.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CouchError {
    /// The server does not answer, or not in time.
    #[error("cannot reach CouchDB at {server}: {reason}")]
    Unreachable {
        /// Address of the server, without credentials.
        server: String,
        /// Description of the failure.
        reason: String,
    },
    /// The server rejected a request.
    #[error("CouchDB at {server} refused to {action}: {status} {error}: {reason}")]
    Refused {
        /// Address of the server, without credentials.
        server: String,
        /// Requested action, such as `query database mychannel_basic`.
        action: String,
        /// HTTP status.
        status: u16,
        /// Name of the error in CouchDB.
        error: String,
        /// Explanation by CouchDB.
        reason: String,
    },
    /// The server's answer is not one of CouchDB.
    #[error("the server at {server} did not answer like CouchDB when asked to {action}: {reason}")]
    Unexpected {
        /// Address of the server, without credentials.
        server: String,
        /// Requested action.
        action: String,
        /// Description of the problem with the answer.
        reason: String,
    },
    /// The databases of the channel belong to a Fabric peer.
    #[error("database {database} at {server} belongs to a Fabric peer")]
    ForeignDatabase {
        /// Address of the server, without credentials.
        server: String,
        /// Database with the peer's savepoint.
        database: String,
    },
    /// A name cannot be part of a database name.
    #[error("{0:?} cannot be part of the name of a database: it must match [a-z][a-z0-9.$_()+-]*")]
    DatabaseName(String),
    /// CouchDB cannot store a key. The text is that of Fabric 3.1 `statecouchdb.go`.
    #[error("{0}")]
    Key(String),
    /// CouchDB reserves a field. The text is that of Fabric 3.1 `couchdoc_conv.go`.
    #[error("field [{0}] is not valid for the CouchDB state database")]
    Field(String),
    /// A query is not an object.
    #[error("the query is not a JSON object: {0}")]
    Query(String),
    /// `fields` is not an array. The text is that of Fabric 3.1 `statecouchdb.go`.
    #[error("fields definition must be an array")]
    Fields,
    /// An index definition is not JSON.
    #[error("the index definition is not JSON: {0}")]
    Index(String),
}

impl CouchError {
    /// Returns the next step for the user.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { server, .. } => Some(format!("check that CouchDB is running: curl {server}")),
            Self::Refused { status: 401 | 403, .. } => {
                Some("give the name and password of an administrator: http://NAME:PASSWORD@HOST:5984".to_owned())
            }
            Self::Refused { error, .. } if error == "no_usable_index" => Some(
                "add an index with the fields of \"sort\", in this order, to META-INF/statedb/couchdb/indexes"
                    .to_owned(),
            ),
            Self::Unexpected { .. } => Some("check that this is the address of CouchDB 3".to_owned()),
            Self::ForeignDatabase { .. } => {
                Some("use a separate CouchDB for development, or another channel name".to_owned())
            }
            _ => None,
        }
    }
}
