//! The address of a CouchDB server, which hides its credentials.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Characters that are encoded in a part of a path: all except those without a meaning in a URL.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'~');

/// Address such as `http://admin:secret@localhost:5984`. `Display` prints it without credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// `http://host:port/path`, without a trailing slash.
    base: String,
    authorization: Option<HeaderValue>,
}

/// Error from parsing an address. It never contains the address, which may include a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address of CouchDB {0}")]
pub struct ServerError(&'static str);

impl ServerError {
    /// Returns an example of an address.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(
            "write http://NAME:PASSWORD@HOST:5984, with %XX for characters that have a special meaning in a URL"
                .to_owned(),
        )
    }
}

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(address: &str) -> Result<Self, ServerError> {
        let uri: Uri = address.parse().map_err(|_| ServerError("is not a URL"))?;
        let Some(scheme @ ("http" | "https")) = uri.scheme_str() else {
            return Err(ServerError("does not start with http:// or https://"));
        };
        if uri.query().is_some() {
            return Err(ServerError("has a query part"));
        }
        let authority = uri.authority().map_or("", http::uri::Authority::as_str);
        let (user, host) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if host.is_empty() {
            return Err(ServerError("has no host"));
        }
        let path = uri.path().trim_end_matches('/');
        Ok(Self { base: format!("{scheme}://{host}{path}"), authorization: user.map(basic).transpose()? })
    }
}

fn basic(user: &str) -> Result<HeaderValue, ServerError> {
    let (name, password) = user.split_once(':').ok_or(ServerError("has a name without a password"))?;
    let mut credentials: Vec<u8> = percent_decode_str(name).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(password));
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(credentials)))
        .map_err(|_| ServerError("has credentials that cannot be sent"))?;
    value.set_sensitive(true);
    Ok(value)
}

impl Server {
    /// Returns the URL of a resource. The parts may contain any characters.
    pub(crate) fn resource(&self, parts: &[&str]) -> String {
        let encoded = parts.iter().map(|part| utf8_percent_encode(part, IN_PATH).to_string());
        std::iter::once(self.base.clone()).chain(encoded).collect::<Vec<_>>().join("/")
    }

    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.base.starts_with("https:")
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_sent_and_never_shown() {
        let server: Server = "http://admin:p%40ss:w@localhost:5984/couch/".parse().unwrap();
        assert_eq!(
            server.authorization().unwrap(),
            &format!("Basic {}", BASE64_STANDARD.encode("admin:p@ss:w"))
        );
        assert_eq!(server.to_string(), "http://localhost:5984/couch");
        assert_eq!(
            format!("{server:?} {:?}", server.authorization()),
            "Server(http://localhost:5984/couch) Some(Sensitive)"
        );
    }

    #[test]
    fn a_resource_is_encoded() {
        let server: Server = "http://localhost".parse().unwrap();
        assert_eq!(server.resource(&["a_b$c(/", "_find"]), "http://localhost/a_b%24c%28%2F/_find");
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for (address, error) in [
            ("localhost:5984", "does not start with http:// or https://"),
            ("ftp://a:secret@localhost", "does not start with http:// or https://"),
            ("http://secret@localhost", "has a name without a password"),
            ("http://a:secret@", "is not a URL"),
            ("http://localhost/?secret", "has a query part"),
            ("http://a:sec ret@localhost", "is not a URL"),
        ] {
            let found = address.parse::<Server>().unwrap_err();
            assert_eq!(found.to_string(), format!("the address of CouchDB {error}"), "{address}");
        }
    }
}
