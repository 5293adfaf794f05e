//! TLS credentials for the listener that chaincode connects to: an in-memory CA, and one client certificate for each
//! chaincode.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};

use crate::authority::{Authority, IssueError, Pair, Request, TlsUse};
use crate::organization::Host;

/// Issues credentials to chaincode, and records which chaincode each one belongs to.
///
/// A Fabric peer forgets a credential ten minutes after issuing it (Fabric 3.1 `core/chaincode/accesscontrol`), since
/// it issues one for each launch. Here, credentials are valid as long as the peer runs, because a developer restarts
/// a chaincode many times.
pub struct ChaincodeTls {
    authority: Authority,
    server: Pair,
    /// IDs of the chaincodes by the SHA-256 of their certificates. Locked only for lookups and inserts.
    owners: Mutex<HashMap<[u8; 32], String>>,
}

impl ChaincodeTls {
    /// Creates a CA, and the listener's certificate for the hosts that chaincode dials.
    pub fn new(hosts: &[Host], now: SystemTime) -> Result<Self, IssueError> {
        let authority = Authority::make("chaincode listener CA", "development peer", None, now)?;
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        let usage = TlsUse::ServerAndClient;
        let server = authority.issue(&Request::Tls { name: "chaincode listener", hosts: &hosts, usage })?;
        Ok(Self { authority, server, owners: Mutex::default() })
    }

    /// Returns the CA certificate as PEM. The listener trusts only this CA, and chaincode must trust it.
    #[must_use]
    pub fn ca(&self) -> &str {
        self.authority.certificate()
    }

    /// Returns the listener's certificate and key.
    #[must_use]
    pub fn server(&self) -> &Pair {
        &self.server
    }

    /// Issues a credential to a chaincode, which uses it to connect, or to serve on this machine.
    ///
    /// As on a peer, the key is PKCS#8 under the label `EC PRIVATE KEY`, which shims expect.
    pub fn issue(&self, chaincode_id: &str) -> Result<Pair, IssueError> {
        let hosts = ["127.0.0.1", "::1", "localhost"].map(str::to_owned);
        let request = Request::Tls { name: "chaincode", hosts: &hosts, usage: TlsUse::ServerAndClient };
        let Pair { certificate, key } = self.authority.issue(&request)?;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes());
        // The PEM text was just created, so it can be parsed.
        let owned = der.ok().map(|der| (Self::hash(&der), chaincode_id.to_owned()));
        self.owners().extend(owned);
        Ok(Pair { certificate, key: key.replace(" PRIVATE KEY", " EC PRIVATE KEY") })
    }

    /// Returns the ID of the chaincode to which a client certificate (DER) was issued.
    #[must_use]
    pub fn owner(&self, certificate: &[u8]) -> Option<String> {
        self.owners().get(&Self::hash(certificate)).cloned()
    }

    /// Returns the SHA-256 of a certificate (DER), which identifies it.
    #[must_use]
    pub fn hash(certificate: &[u8]) -> [u8; 32] {
        Sha256::digest(certificate).into()
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<[u8; 32], String>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Prints no keys.
impl std::fmt::Debug for ChaincodeTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChaincodeTls").field("server", &self.server).finish_non_exhaustive()
    }
}
