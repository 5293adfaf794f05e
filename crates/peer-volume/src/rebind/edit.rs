//! The change of a connection.json: a whole new file, or some fields.

use std::path::PathBuf;

use ccs_builder::Warning;
use ccs_files::Connection;
use ccs_files::connection::DialTimeout;

use crate::Error;

/// A change of a connection.json. Fields that are absent keep their value.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// A whole new file, to which the other fields apply.
    pub whole: Option<Whole>,
    /// The address.
    pub address: Option<String>,
    /// The dial timeout, a Go duration.
    pub dial_timeout: Option<String>,
    /// The root certificates as PEM; enables TLS.
    pub root_cert: Option<String>,
    /// What the peer presents; enables client authentication.
    pub client: Option<Client>,
}

/// A whole connection.json.
#[derive(Clone)]
pub struct Whole {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Whole {
    /// Omits the content, which may contain a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whole").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The certificate that the peer presents, and its key.
#[derive(Clone)]
pub struct Client {
    /// The certificate as PEM.
    pub certificate: String,
    /// The key as PEM.
    pub key: String,
}

impl std::fmt::Debug for Client {
    /// Omits the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Edit {
    /// Returns whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { whole, address, dial_timeout, root_cert, client } = self;
        whole.is_none()
            && address.is_none()
            && dial_timeout.is_none()
            && root_cert.is_none()
            && client.is_none()
    }

    /// Returns the new connection, not yet checked, and warnings about a whole new file.
    pub(super) fn apply(&self, current: &Connection) -> Result<(Connection, Vec<Warning>), Error> {
        let (mut connection, notices) = match &self.whole {
            Some(whole) => Connection::parse(&whole.bytes).map_err(|error| Error::Connection {
                path: whole.path.clone(),
                error,
                is_current: false,
            })?,
            None => (current.clone(), Vec::new()),
        };
        if let Some(address) = &self.address {
            connection.address.clone_from(address);
        }
        if let Some(timeout) = &self.dial_timeout {
            connection.dial_timeout = Some(DialTimeout::Text(timeout.clone()));
        }
        if let Some(roots) = &self.root_cert {
            connection.root_cert.clone_from(roots);
            connection.tls_required = true;
        }
        if let Some(client) = &self.client {
            connection.client_cert.clone_from(&client.certificate);
            connection.client_key.clone_from(&client.key);
            connection.tls_required = true;
            connection.client_auth_required = true;
        }
        match template(&connection) {
            Some(field) => Err(Error::Template { field }),
            None => Ok((connection, notices.into_iter().map(Warning::Connection).collect())),
        }
    }
}

/// Returns the first field that contains a template.
fn template(connection: &Connection) -> Option<&'static str> {
    let timeout = match &connection.dial_timeout {
        Some(DialTimeout::Text(text)) => text.as_str(),
        _ => "",
    };
    let fields = [
        ("address", connection.address.as_str()),
        ("domain", &connection.domain),
        ("dial_timeout", timeout),
        ("root_cert", &connection.root_cert),
        ("client_key", &connection.client_key),
        ("client_cert", &connection.client_cert),
    ];
    fields.into_iter().find(|(_, text)| text.contains("{{")).map(|(field, _)| field)
}
