//! `connection.json`: the address of a chaincode and how to connect to it.
//!
//! One type serves the package (whose strings may be templates), the build output, the release, and the peer that
//! reads it. Fabric has three separate declarations, and loses `domain` between the first and the third.

use std::collections::HashMap;

use crate::duration::{DurationError, GoDuration};
use crate::json::{self, Json, Kind, ObjectWriter, Reason, SyntaxError, TypeError};

/// The content of `connection.json`.
///
/// Types and defaults are those of a peer (Fabric 3.1 `core/container/externalbuilder/instance.go`). Certificates and
/// keys are PEM text, never file names.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The address that the peer dials, `host:port`; see [`crate::Address`].
    pub address: String,
    /// The TLS server name instead of the dialed host. Only Fabric 3.x uses it, and only with client authentication.
    pub domain: String,
    /// The time limit for connecting; [`None`] for the peer's default of 3 s.
    pub dial_timeout: Option<DialTimeout>,
    /// Whether the peer uses TLS.
    pub tls_required: bool,
    /// Whether the peer presents a client certificate.
    pub client_auth_required: bool,
    /// The root certificates for the chaincode's certificate.
    pub root_cert: String,
    /// The private key of the client certificate.
    pub client_key: String,
    /// The certificate that the peer presents.
    pub client_cert: String,
    /// Unknown keys, each with its JSON text, in the order of the document.
    pub extra: Vec<(String, Vec<u8>)>,
}

impl std::fmt::Debug for Connection {
    /// Omits the private key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = if self.client_key.is_empty() { "" } else { "[redacted]" };
        f.debug_struct("Connection")
            .field("address", &self.address)
            .field("domain", &self.domain)
            .field("dial_timeout", &self.dial_timeout)
            .field("tls_required", &self.tls_required)
            .field("client_auth_required", &self.client_auth_required)
            .field("root_cert", &self.root_cert)
            .field("client_key", &key)
            .field("client_cert", &self.client_cert)
            .finish_non_exhaustive()
    }
}

/// A `dial_timeout` in its original form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialTimeout {
    /// A string: a Go duration or, in a package, possibly a template of one.
    Text(String),
    /// A number of nanoseconds.
    Nanoseconds(GoDuration),
}

impl DialTimeout {
    /// Parses the duration.
    pub fn duration(&self) -> Result<GoDuration, DurationError> {
        match self {
            Self::Text(text) => text.parse(),
            Self::Nanoseconds(duration) => Ok(*duration),
        }
    }
}

/// A probable mistake in a valid document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A boolean is written as a string, which a peer rejects.
    StringBoolean {
        /// The field.
        key: &'static str,
    },
    /// No Fabric release reads the key.
    UnknownKey {
        /// The key in its original form, truncated.
        key: String,
        /// The field that was probably meant.
        meant: Option<&'static str>,
    },
    /// A field occurs more than once; the last value overrides the others.
    Duplicate {
        /// The field.
        key: &'static str,
    },
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::StringBoolean { key } => write!(f, "{key} is a string; write true or false without quotes"),
            Self::UnknownKey { key, meant: Some(meant) } => {
                write!(f, "no peer reads the key {key:?}; did you mean {meant}?")
            }
            Self::UnknownKey { key, meant: None } => write!(f, "no peer reads the key {key:?}"),
            Self::Duplicate { key } => write!(f, "{key} is given more than once; the last value counts"),
        }
    }
}

/// The reason why a text is not a valid `connection.json`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// It is not JSON.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// It is JSON, but not an object.
    #[error("the document is {0}, not an object")]
    NotAnObject(Kind),
    /// A field has the wrong type.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// It has more than [`MAX_KEYS`] keys that no peer reads.
    #[error("the document has more than {MAX_KEYS} keys that no peer reads")]
    TooManyKeys,
}

impl ConnectionError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax(error) if error.reason == Reason::Unclosed => error
                .hint()
                .map(|hint| format!("{hint}; `ccs package --root-cert FILE` inserts a PEM file that way")),
            Self::Syntax(error) => error.hint(),
            Self::TooManyKeys => Some("remove the keys that no peer reads".to_owned()),
            _ => {
                Some(r#"the smallest connection.json is {"address":"chaincode.example.com:7052"}"#.to_owned())
            }
        }
    }
}

/// The maximum number of members of a document besides [`KEYS`], including duplicates.
///
/// All of them are kept and reported, so without a limit, a document could use any amount of memory.
pub const MAX_KEYS: usize = 1_000;

/// Every key that a peer reads.
pub const KEYS: [&str; 8] = [
    "address",
    "domain",
    "dial_timeout",
    "tls_required",
    "client_auth_required",
    "root_cert",
    "client_key",
    "client_cert",
];

impl Connection {
    /// Parses the file's content; also returns notices.
    ///
    /// It accepts more than a peer: booleans may be strings, and `dial_timeout` may be null or empty. It rejects the
    /// document `null`, which crashes a peer, and documents with more than [`MAX_KEYS`] keys that no peer reads.
    pub fn parse(content: &[u8]) -> Result<(Self, Vec<Notice>), ConnectionError> {
        let json = json::parse(content)?;
        let object = json.as_object().ok_or(ConnectionError::NotAnObject(json.kind()))?;
        if object.others(&KEYS).nth(MAX_KEYS).is_some() {
            return Err(ConnectionError::TooManyKeys);
        }
        let mut notices = Vec::new();
        let text = |key| object.string(key).map(Option::unwrap_or_default);
        let mut boolean = |key| {
            let value = object.field(key, "a boolean", boolean)?;
            if object.all(key).any(|value| value.kind() == Kind::String) {
                notices.push(Notice::StringBoolean { key });
            }
            Ok::<bool, TypeError>(value.unwrap_or_default())
        };
        let connection = Self {
            tls_required: boolean("tls_required")?,
            client_auth_required: boolean("client_auth_required")?,
            address: text("address")?,
            domain: text("domain")?,
            dial_timeout: object
                .field("dial_timeout", "a duration such as \"10s\" or a number of nanoseconds", dial_timeout)?
                .filter(|timeout| *timeout != DialTimeout::Text(String::new())),
            root_cert: text("root_cert")?,
            client_key: text("client_key")?,
            client_cert: text("client_cert")?,
            extra: extra(&object),
        };
        notices.extend(duplicates(&object));
        notices.extend(connection.extra.iter().map(|(key, _)| unknown_key(key)));
        Ok((connection, notices))
    }

    /// Returns the file's content: known keys in the order of Fabric's own builder, then the others. Omits optional
    /// fields that are empty.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut writer = ObjectWriter::default().string("address", &self.address);
        if !self.domain.is_empty() {
            writer = writer.string("domain", &self.domain);
        }
        writer = match &self.dial_timeout {
            Some(DialTimeout::Text(text)) => writer.string("dial_timeout", text),
            Some(DialTimeout::Nanoseconds(duration)) => writer.string("dial_timeout", &duration.to_string()),
            None => writer,
        };
        writer = writer
            .boolean("tls_required", self.tls_required)
            .boolean("client_auth_required", self.client_auth_required);
        let pems = [
            ("root_cert", &self.root_cert),
            ("client_key", &self.client_key),
            ("client_cert", &self.client_cert),
        ];
        for (key, pem) in pems.into_iter().filter(|(_, pem)| !pem.is_empty()) {
            writer = writer.string(key, pem);
        }
        for (key, value) in &self.extra {
            writer = writer.raw(key, value);
        }
        writer.finish()
    }
}

/// Parses a boolean, also as a string in the word spellings of Go's `strconv.ParseBool`.
fn boolean(value: Json<'_>) -> Option<bool> {
    match value.as_str().as_deref() {
        Some("true" | "True" | "TRUE") => Some(true),
        Some("false" | "False" | "FALSE") => Some(false),
        Some(_) => None,
        None => value.as_bool(),
    }
}

fn dial_timeout(value: Json<'_>) -> Option<DialTimeout> {
    match value.as_str() {
        Some(text) => Some(DialTimeout::Text(text)),
        None => value.as_f64().map(|number| DialTimeout::Nanoseconds(nanoseconds(number))),
    }
}

/// Converts like the peer, which parses the number as a float64 and drops the fraction.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the fraction of a nanosecond is dropped, and the rest saturates"
)]
fn nanoseconds(number: f64) -> GoDuration {
    GoDuration::from_nanoseconds(number as i64)
}

/// Returns the members that no peer reads. Of duplicates, returns the last value at the position of the first.
fn extra(object: &json::Object<'_>) -> Vec<(String, Vec<u8>)> {
    let mut extra: Vec<(&str, Json<'_>)> = Vec::new();
    let mut places = HashMap::new();
    for (key, value) in object.others(&KEYS) {
        let place = *places.entry(key).or_insert(extra.len());
        match extra.get_mut(place) {
            Some((_, last)) => *last = value,
            None => extra.push((key, value)),
        }
    }
    extra.into_iter().map(|(key, value)| (key.to_owned(), value.compact())).collect()
}

fn duplicates(object: &json::Object<'_>) -> impl Iterator<Item = Notice> {
    KEYS.into_iter()
        .filter(|key| object.all(key).filter(|value| value.kind() != Kind::Null).count() > 1)
        .map(|key| Notice::Duplicate { key })
}

fn unknown_key(key: &str) -> Notice {
    let plain: String = key.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    Notice::UnknownKey { key: key.chars().take(60).collect(), meant: meant(&plain) }
}

/// Guesses the field that a key in lower case and without punctuation stands for.
fn meant(plain: &str) -> Option<&'static str> {
    /// Common wrong names of a field, mostly from other parts of Fabric.
    const SYNONYMS: [(&str, &str); 14] = [
        ("tls", "tls_required"),
        ("tlsenabled", "tls_required"),
        ("usetls", "tls_required"),
        ("clientauth", "client_auth_required"),
        ("clientauthenabled", "client_auth_required"),
        ("mutualtls", "client_auth_required"),
        ("mtls", "client_auth_required"),
        ("rootca", "root_cert"),
        ("cacert", "root_cert"),
        ("tlsrootcert", "root_cert"),
        ("host", "address"),
        ("url", "address"),
        ("timeout", "dial_timeout"),
        ("servername", "domain"),
    ];
    if let Some((_, field)) = SYNONYMS.iter().find(|(word, _)| *word == plain) {
        return Some(field);
    }
    let distance = |field: &str| edit_distance(plain.as_bytes(), field.replace('_', "").as_bytes());
    KEYS.into_iter()
        .map(|field| (distance(field), field))
        .filter(|(distance, _)| *distance <= 3)
        .min()
        .and_then(|(distance, field)| {
            // Three changes in a word of six letters result in an unrelated word.
            (distance * 3 <= field.len()).then_some(field)
        })
}

/// Returns the number of insertions, deletions and replacements between two texts; truncates the first to 64 bytes.
fn edit_distance(from: &[u8], to: &[u8]) -> usize {
    let from = &from[..from.len().min(64)];
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, &byte) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, &other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests;
