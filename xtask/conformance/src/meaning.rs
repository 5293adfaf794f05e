//! The meaning of a connection.json for a peer, independent of its form.
//!
//! Defaults and rules are those of Fabric 3.1 `core/container/externalbuilder/instance.go`. It is stricter than the
//! type [`ccs_files::Connection`], which accepts some input that a peer rejects.

use ccs_files::GoDuration;
use ccs_files::json::{self, Kind, Object};

/// A peer's interpretation of the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The peer dials.
    Dials(Dialed),
    /// The peer reports that the file is malformed, or crashes.
    Refuses(&'static str),
}

/// The settings with which the peer dials.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dialed {
    address: String,
    timeout_in_ns: i64,
    tls: Option<Tls>,
    /// Keys that no current peer reads, with their values as JSON.
    unknown: Vec<(String, Vec<u8>)>,
}

/// The TLS settings, which a peer ignores unless TLS is required.
#[derive(Debug, PartialEq, Eq)]
struct Tls {
    root_cert: String,
    /// Key, certificate and server name, which has an effect only together with the other two.
    client: Option<[String; 3]>,
}

impl Meaning {
    /// Interprets the content of a file.
    pub(crate) fn of(content: &[u8]) -> Self {
        let object = json::parse(content).ok().and_then(json::Json::as_object);
        let Some(object) = object else { return Self::Refuses("it is not a JSON object") };
        dialed(&object).map_or_else(Self::Refuses, Self::Dials)
    }
}

fn dialed(object: &Object<'_>) -> Result<Dialed, &'static str> {
    let text =
        |key| object.string(key).map(Option::unwrap_or_default).map_err(|_| "a text is of another type");
    let boolean = |key| {
        let value = object.field(key, "a boolean", json::Json::as_bool);
        value.map(Option::unwrap_or_default).map_err(|_| "a boolean is of another type")
    };
    let client = [text("client_key")?, text("client_cert")?, text("domain")?];
    let tls =
        Tls { root_cert: text("root_cert")?, client: boolean("client_auth_required")?.then_some(client) };
    let unknown = object.others(&ccs_files::connection::KEYS);
    Ok(Dialed {
        address: text("address")?,
        timeout_in_ns: timeout(object)?,
        tls: boolean("tls_required")?.then_some(tls),
        unknown: unknown.map(|(key, value)| (key.to_owned(), value.compact())).collect(),
    })
}

/// Parses the dial timeout; an absent one and 0 mean 3 s.
fn timeout(object: &Object<'_>) -> Result<i64, &'static str> {
    const DEFAULT: i64 = 3_000_000_000;
    let nanoseconds = match object.all("dial_timeout").last() {
        None => 0,
        Some(value) => match (value.kind(), value.as_str(), value.as_number()) {
            (Kind::String, Some(text), _) => {
                text.parse::<GoDuration>().map_err(|_| "dial_timeout is not a duration")?.nanoseconds()
            }
            (Kind::Number, _, Some(number)) => {
                number.parse().map_err(|_| "dial_timeout is not an integer")?
            }
            _ => return Err("dial_timeout is of another type"),
        },
    };
    Ok(if nanoseconds == 0 { DEFAULT } else { nanoseconds })
}

#[cfg(test)]
mod tests {
    use super::Meaning;

    #[test]
    fn the_order_of_keys_and_spelled_out_defaults_mean_nothing() {
        let short = Meaning::of(br#"{"address":"a:1"}"#);
        let long = br#"{"tls_required":false,"root_cert":"x","dial_timeout":"3s","address":"a:1"}"#;
        assert_eq!(short, Meaning::of(long));
    }

    #[test]
    fn an_empty_dial_timeout_means_that_the_peer_refuses() {
        let empty = Meaning::of(br#"{"address":"a:1","dial_timeout":""}"#);
        assert_eq!(empty, Meaning::Refuses("dial_timeout is not a duration"));
    }

    #[test]
    fn a_boolean_in_quotes_means_that_the_peer_refuses() {
        let quoted = Meaning::of(br#"{"address":"a:1","tls_required":"true"}"#);
        assert_eq!(quoted, Meaning::Refuses("a boolean is of another type"));
    }

    #[test]
    fn the_domain_counts_only_with_client_authentication() {
        let with =
            |rest: &str| Meaning::of(format!(r#"{{"tls_required":true,"root_cert":"r"{rest}}}"#).as_bytes());
        assert_eq!(with(""), with(r#","domain":"d""#));
        assert_ne!(
            with(r#","client_auth_required":true"#),
            with(r#","client_auth_required":true,"domain":"d""#)
        );
    }
}
