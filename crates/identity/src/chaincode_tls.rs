//! TLS of the listener that chaincode connects to: a CA in memory, and credentials that belong to one chaincode each.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};

use crate::authority::{Authority, IssueError, Pair, Request, TlsUse};
use crate::organization::Host;

/// Issues the credentials of chaincode that connects, and knows whose each is.
///
/// A peer forgets a credential ten minutes after it was issued (Fabric 3.1 `core/chaincode/accesscontrol`), since it issues
/// one for each launch. Here it holds as long as the peer runs: a developer starts a chaincode again and again.
pub struct ChaincodeTls {
    authority: Authority,
    server: Pair,
    /// The IDs of the chaincodes by the SHA-256 of their certificates. Held only to look up and insert.
    owners: Mutex<HashMap<[u8; 32], String>>,
}

impl ChaincodeTls {
    /// Makes a CA and the listener's certificate for the hosts that chaincode is told to dial.
    pub fn new(hosts: &[Host], now: SystemTime) -> Result<Self, IssueError> {
        let authority = Authority::make("chaincode listener CA", "development peer", now)?;
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        let usage = TlsUse::ServerAndClient;
        let server = authority.issue(&Request::Tls { name: "chaincode listener", hosts: &hosts, usage })?;
        Ok(Self { authority, server, owners: Mutex::default() })
    }

    /// Returns the CA's certificate, as PEM: the only one that the listener trusts, and that chaincode is to trust.
    #[must_use]
    pub fn ca(&self) -> &str {
        self.authority.certificate()
    }

    /// Returns the listener's certificate and key.
    #[must_use]
    pub fn server(&self) -> &Pair {
        &self.server
    }

    /// Issues a credential to the chaincode of an ID: it connects with it, or serves with it on this machine.
    ///
    /// The key is PKCS#8 under the label `EC PRIVATE KEY`, as a peer's is: shims are written for that.
    pub fn issue(&self, chaincode_id: &str) -> Result<Pair, IssueError> {
        let hosts = ["127.0.0.1", "::1", "localhost"].map(str::to_owned);
        let request = Request::Tls { name: "chaincode", hosts: &hosts, usage: TlsUse::ServerAndClient };
        let Pair { certificate, key } = self.authority.issue(&request)?;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes());
        // What was just written as PEM is PEM.
        let owned = der.ok().map(|der| (Self::hash(&der), chaincode_id.to_owned()));
        self.owners().extend(owned);
        Ok(Pair { certificate, key: key.replace(" PRIVATE KEY", " EC PRIVATE KEY") })
    }

    /// Returns the ID of the chaincode for which a client certificate, DER, was issued.
    #[must_use]
    pub fn owner(&self, certificate: &[u8]) -> Option<String> {
        self.owners().get(&Self::hash(certificate)).cloned()
    }

    /// Returns the SHA-256 of a certificate, DER, by which it is known.
    #[must_use]
    pub fn hash(certificate: &[u8]) -> [u8; 32] {
        Sha256::digest(certificate).into()
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<[u8; 32], String>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows nothing of the keys.
impl std::fmt::Debug for ChaincodeTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChaincodeTls").field("server", &self.server).finish_non_exhaustive()
    }
}
