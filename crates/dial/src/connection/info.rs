//! The connection.json as a peer interprets it at launch.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ccs_files::connection::{Connection, ConnectionError, Notice};
use ccs_files::duration::DurationError;
use ccs_files::json::{self, Kind};

/// The settings that a peer reads from connection.json.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// The address to dial.
    pub address: String,
    /// The dial timeout. A negative duration becomes zero, which means that the dial fails at once.
    pub dial_timeout: Duration,
    /// The TLS settings; [`None`] for plaintext, even if the file has other TLS fields.
    pub tls: Option<ConnectionTls>,
}

/// The TLS settings of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionTls {
    /// The trusted root certificates, as PEM.
    pub root_cert: String,
    /// The client certificate, if client authentication is enabled.
    pub client: Option<ClientPair>,
}

/// The client's key and certificate for mutual TLS.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientPair {
    /// The private key, as PEM.
    pub key: String,
    /// The certificate with its chain, as PEM.
    pub cert: String,
    /// The TLS server name instead of the dialed host. Only Fabric 3.x reads it, and only with client authentication.
    pub domain: Option<String>,
}

impl std::fmt::Debug for ClientPair {
    /// Omits the private key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientPair").field("domain", &self.domain).finish_non_exhaustive()
    }
}

/// The reason why a peer cannot use a connection.json.
#[derive(Debug, thiserror::Error)]
pub enum InfoError {
    /// The file cannot be read.
    #[error("could not read '{}' for chaincode info: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        error: std::io::Error,
    },
    /// It does not have the form that a peer reads.
    #[error("malformed chaincode info at '{}': {fault}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The fault.
        fault: Fault,
    },
    /// The address is missing.
    #[error("chaincode address not provided")]
    NoAddress,
    /// Client authentication is enabled, but the key is missing.
    #[error("chaincode tls key not provided")]
    NoClientKey,
    /// Client authentication is enabled, but the certificate is missing.
    #[error("chaincode tls cert not provided")]
    NoClientCert,
    /// TLS is enabled, but the root certificate is missing.
    #[error("chaincode tls root cert not provided")]
    NoRootCert,
}

/// The reason why a document is malformed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It is not JSON, or a field has the wrong type.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A boolean is a string.
    #[error("key {0} holds a string, not a boolean")]
    StringBoolean(&'static str),
    /// The timeout is null.
    #[error("key dial_timeout holds null, not a duration")]
    NullTimeout,
    /// The timeout is not a valid duration.
    #[error("key dial_timeout: {0}")]
    Timeout(DurationError),
}

// The text above includes the cause, so the cause is not also a source.
impl From<DurationError> for Fault {
    fn from(error: DurationError) -> Self {
        Self::Timeout(error)
    }
}

impl InfoError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Malformed { fault: Fault::Connection(error), .. } => return error.hint(),
            Self::Malformed { fault: Fault::StringBoolean(key), .. } => {
                return Some(format!("write {key} as true or false without quotes"));
            }
            Self::Malformed { fault: Fault::NullTimeout | Fault::Timeout(_), .. } => {
                "omit dial_timeout to use the default of 3s, or write it as 10s"
            }
            Self::NoAddress => r#"add "address": "chaincode.example.com:7052""#,
            Self::NoClientKey => "client_auth_required needs client_key, the PEM text of the peer's key",
            Self::NoClientCert => {
                "client_auth_required needs client_cert, the PEM text of the peer's certificate"
            }
            Self::NoRootCert => {
                "tls_required needs root_cert, the PEM text of the chaincode's CA certificate"
            }
            Self::Read { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

impl ConnectionInfo {
    /// The default dial timeout.
    pub const DEFAULT_DIAL_TIMEOUT: Duration = Duration::from_secs(3);

    /// Reads a released connection.json.
    pub fn read(path: &Path) -> Result<Self, InfoError> {
        let content =
            std::fs::read(path).map_err(|error| InfoError::Read { path: path.to_owned(), error })?;
        Self::parse(&content, path)
    }

    /// Parses the content; `path` is used only in messages.
    pub fn parse(content: &[u8], path: &Path) -> Result<Self, InfoError> {
        let malformed = |fault| InfoError::Malformed { path: path.to_owned(), fault };
        let (connection, dial_timeout) = decode(content).map_err(malformed)?;
        if connection.address.is_empty() {
            return Err(InfoError::NoAddress);
        }
        let tls = if connection.tls_required { Some(tls(&connection)?) } else { None };
        Ok(Self { address: connection.address, dial_timeout, tls })
    }
}

/// Parses the document, and rejects input that [`Connection`] accepts but a peer does not.
fn decode(content: &[u8]) -> Result<(Connection, Duration), Fault> {
    let (connection, notices) = Connection::parse(content)?;
    for notice in notices {
        if let Notice::StringBoolean { key } = notice {
            return Err(Fault::StringBoolean(key));
        }
    }
    let object = json::parse(content).ok().and_then(json::Json::as_object);
    for value in object.iter().flat_map(|object| object.all("dial_timeout")) {
        match value.kind() {
            Kind::Null => return Err(Fault::NullTimeout),
            // A peer decodes every duplicate, even if a later one overrides it.
            Kind::String => drop(value.as_str().unwrap_or_default().parse::<ccs_files::GoDuration>()?),
            _ => {}
        }
    }
    let timeout = match &connection.dial_timeout {
        None => ConnectionInfo::DEFAULT_DIAL_TIMEOUT,
        Some(written) => match written.duration()? {
            duration if duration.nanoseconds() == 0 => ConnectionInfo::DEFAULT_DIAL_TIMEOUT,
            duration => duration.to_std().unwrap_or_default(),
        },
    };
    Ok((connection, timeout))
}

fn tls(connection: &Connection) -> Result<ConnectionTls, InfoError> {
    let given = |text: &String| (!text.is_empty()).then(|| text.clone());
    let client = if connection.client_auth_required {
        let key = given(&connection.client_key).ok_or(InfoError::NoClientKey)?;
        let cert = given(&connection.client_cert).ok_or(InfoError::NoClientCert)?;
        Some(ClientPair { key, cert, domain: given(&connection.domain) })
    } else {
        None
    };
    let root_cert = given(&connection.root_cert).ok_or(InfoError::NoRootCert)?;
    Ok(ConnectionTls { root_cert, client })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(content: &str) -> Result<ConnectionInfo, String> {
        ConnectionInfo::parse(content.as_bytes(), Path::new("/p/connection.json"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_is_enough() {
        let expected =
            ConnectionInfo { address: "a:1".to_owned(), dial_timeout: Duration::from_secs(3), tls: None };
        assert_eq!(parse(r#"{"address":"a:1"}"#).unwrap(), expected);
        assert_eq!(
            parse(r#"{"Address":"a:1","dial_timeout":0,"root_cert":"x","domain":"d"}"#).unwrap(),
            expected
        );
    }

    #[test]
    fn dial_timeouts_are_those_of_go() {
        let timeout = |text: &str| {
            parse(&format!(r#"{{"address":"a:1","dial_timeout":{text}}}"#)).map(|info| info.dial_timeout)
        };
        assert_eq!(timeout(r#""1m30s""#).unwrap(), Duration::from_secs(90));
        assert_eq!(timeout("250000000").unwrap(), Duration::from_millis(250));
        assert_eq!(timeout(r#""-1s""#).unwrap(), Duration::ZERO);
        let prefix = "malformed chaincode info at '/p/connection.json': key dial_timeout";
        for (text, rest) in [
            ("null", " holds null, not a duration"),
            (r#""""#, ": \"\" is not a duration"),
            (r#""10""#, ": \"10\" is not a duration: the unit is missing"),
        ] {
            assert_eq!(timeout(text).unwrap_err(), format!("{prefix}{rest}"));
        }
        assert!(timeout("true").unwrap_err().starts_with(prefix));
    }

    #[test]
    fn a_boolean_as_a_string_is_malformed_for_a_peer() {
        assert_eq!(
            parse(r#"{"address":"a:1","tls_required":"true"}"#).unwrap_err(),
            "malformed chaincode info at '/p/connection.json': key tls_required holds a string, not a boolean"
        );
    }

    #[test]
    fn missing_keys_are_named_in_the_words_of_the_peer() {
        for (content, message) in [
            ("{}", "chaincode address not provided"),
            (r#"{"address":"a:1","tls_required":true}"#, "chaincode tls root cert not provided"),
            (
                r#"{"address":"a:1","tls_required":true,"client_auth_required":true,"root_cert":"r"}"#,
                "chaincode tls key not provided",
            ),
            (
                r#"{"address":"a:1","tls_required":true,"client_auth_required":true,"root_cert":"r","client_key":"k"}"#,
                "chaincode tls cert not provided",
            ),
        ] {
            assert_eq!(parse(content).unwrap_err(), message);
        }
    }

    #[test]
    fn domain_and_client_pair_count_only_with_client_authentication() {
        let content = r#"{"address":"a:1","tls_required":true,"root_cert":"r","domain":"d","client_key":"k","client_cert":"c""#;
        assert_eq!(parse(&format!("{content}}}")).unwrap().tls.unwrap().client, None);
        let with = parse(&format!(r#"{content},"client_auth_required":true}}"#)).unwrap();
        let client = with.tls.unwrap().client.unwrap();
        assert_eq!((client.key.as_str(), client.cert.as_str()), ("k", "c"));
        assert_eq!(client.domain.as_deref(), Some("d"));
        assert_eq!(format!("{client:?}"), r#"ClientPair { domain: Some("d"), .. }"#);
    }

    proptest! {
        #[test]
        fn no_document_is_taken_without_address_and_what_tls_needs(
            content in r#"\{("(address|tls_required|root_cert|client_auth_required|client_key|dial_timeout)":(true|false|null|"x"|""|"1s"|7),?){0,5}\}|.{0,20}"#,
        ) {
            if let Ok(info) = parse(&content) {
                prop_assert!(!info.address.is_empty());
                if let Some(tls) = info.tls {
                    prop_assert!(!tls.root_cert.is_empty());
                    prop_assert!(tls.client.is_none_or(|client| !client.key.is_empty() && !client.cert.is_empty()));
                }
            }
        }
    }
}
