//! connection.json of chaincode as a service, before it becomes part of a package.

use ccs_files::Connection;

use crate::error::Error;
use crate::secrets;

/// Rejects misplaced private keys, and warns of the one in `client_key`.
pub(super) fn connection_keys(content: &[u8]) -> Result<Vec<String>, Error> {
    // The builder's checks report errors in the document itself.
    let Ok((connection, _)) = Connection::parse(content) else { return Ok(Vec::new()) };
    if let Some(field) = secrets::misplaced_in(&connection).first() {
        return Err(Error::PrivateKey { at: format!("connection.json: {field}") });
    }
    let is_embedded = secrets::holds_private_key(connection.client_key.as_bytes()).unwrap_or(false);
    let warning =
        "the package holds the private key of the client certificate, which every recipient of the file has";
    Ok(is_embedded.then(|| warning.to_owned()).into_iter().collect())
}
