//! What can go wrong between us and CouchDB.

/// Tells why CouchDB could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CouchError {
    /// Nothing answers, or not in time.
    #[error("cannot reach CouchDB at {server}: {reason}")]
    Unreachable {
        /// The address of the server, without credentials.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server refused a request.
    #[error("CouchDB at {server} refused to {action}: {status} {error}: {reason}")]
    Refused {
        /// The address of the server, without credentials.
        server: String,
        /// What was asked, such as `query database mychannel_basic`.
        action: String,
        /// The HTTP status.
        status: u16,
        /// CouchDB's word for the error.
        error: String,
        /// CouchDB's explanation.
        reason: String,
    },
    /// The server answered something that CouchDB would not.
    #[error("the server at {server} does not answer as CouchDB does when asked to {action}: {reason}")]
    Unexpected {
        /// The address of the server, without credentials.
        server: String,
        /// What was asked.
        action: String,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The databases of the channel belong to a peer.
    #[error("database {database} at {server} belongs to a Fabric peer")]
    ForeignDatabase {
        /// The address of the server, without credentials.
        server: String,
        /// The database with the peer's savepoint.
        database: String,
    },
    /// A name that cannot become that of a database.
    #[error("{0:?} cannot be part of the name of a database: it must match [a-z][a-z0-9.$_()+-]*")]
    DatabaseName(String),
    /// A key that CouchDB cannot store: in the words of Fabric 3.1 `statecouchdb.go`.
    #[error("{0}")]
    Key(String),
    /// A field that CouchDB keeps for itself: in the words of Fabric 3.1 `couchdoc_conv.go`.
    #[error("field [{0}] is not valid for the CouchDB state database")]
    Field(String),
    /// A query that is not an object.
    #[error("the query is not a JSON object: {0}")]
    Query(String),
    /// `fields` is not an array: in the words of Fabric 3.1 `statecouchdb.go`.
    #[error("fields definition must be an array")]
    Fields,
    /// An index definition that is not JSON.
    #[error("the index definition is not JSON: {0}")]
    Index(String),
}

impl CouchError {
    /// Says what to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unreachable { server, .. } => Some(format!("is CouchDB running? curl {server} tells")),
            Self::Refused { status: 401 | 403, .. } => {
                Some("give the name and password of an administrator: http://NAME:PASSWORD@HOST:5984".to_owned())
            }
            Self::Refused { error, .. } if error == "no_usable_index" => Some(
                "add an index with the fields of \"sort\", in this order, to META-INF/statedb/couchdb/indexes"
                    .to_owned(),
            ),
            Self::Unexpected { .. } => Some("is this the address of CouchDB 3?".to_owned()),
            Self::ForeignDatabase { .. } => {
                Some("use a CouchDB of its own for development, or another channel name".to_owned())
            }
            _ => None,
        }
    }
}
