//! Variables and certificate files with which a shim dials the peer.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Chaincode;

/// A file of a plan. [`Debug`](fmt::Debug) omits its content, which may be a key.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// Its content.
    pub content: Vec<u8>,
    /// Its mode.
    pub mode: u32,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.path).field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Returns the variables that do not name files.
#[must_use]
pub fn environment(chaincode: &Chaincode) -> Vec<(String, String)> {
    [
        ("CORE_CHAINCODE_ID_NAME", chaincode.chaincode_id.as_str()),
        ("CORE_PEER_ADDRESS", &chaincode.peer_address),
        ("CORE_PEER_LOCALMSPID", &chaincode.mspid),
        ("CORE_PEER_TLS_ENABLED", if chaincode.wants_tls() { "true" } else { "false" }),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Returns the variables and files of the certificates, below a folder; none if the peer does not use TLS.
///
/// The shims for Node.js and Java read Base64 of the PEM from `_PATH`, the shim for Go reads PEM from `_FILE` first
/// (fabric-chaincode-go `shim/internal/config.go`, fabric-chaincode-node `lib/chaincode.js`).
#[must_use]
pub fn certificates(chaincode: &Chaincode, folder: &Path, mode: u32) -> (Vec<(String, String)>, Vec<File>) {
    if !chaincode.wants_tls() {
        return (Vec::new(), Vec::new());
    }
    let encoded = |pem: &str| STANDARD.encode(pem).into_bytes();
    let plain = |pem: &str| pem.as_bytes().to_vec();
    let table = [
        ("CORE_PEER_TLS_ROOTCERT_FILE", "peer.crt", plain(&chaincode.root_cert)),
        ("CORE_TLS_CLIENT_KEY_PATH", "client.key", encoded(&chaincode.client_key)),
        ("CORE_TLS_CLIENT_CERT_PATH", "client.crt", encoded(&chaincode.client_cert)),
        ("CORE_TLS_CLIENT_KEY_FILE", "client_pem.key", plain(&chaincode.client_key)),
        ("CORE_TLS_CLIENT_CERT_FILE", "client_pem.crt", plain(&chaincode.client_cert)),
    ];
    let entry = |(variable, name, content): (&str, &str, Vec<u8>)| {
        let path = folder.join(name);
        let variable = (variable.to_owned(), path.to_string_lossy().into_owned());
        (variable, File { path, content, mode })
    };
    table.map(entry).into_iter().unzip()
}
