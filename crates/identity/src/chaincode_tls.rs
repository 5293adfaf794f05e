//! TLS of the listener that chaincode connects to: a CA in memory, and a credential for each launch.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};

use crate::authority::{Authority, IssueError, Pair, Request, TlsUse};
use crate::organization::Host;

/// How long a chaincode has to connect after its credential was issued (Fabric 3.1 `core/chaincode/accesscontrol`).
const LAUNCH: Duration = Duration::from_mins(10);

/// Issues the credentials of chaincode that a peer launches, and knows for ten minutes whose each is.
pub struct ChaincodeTls {
    authority: Authority,
    server: Pair,
    // Held only to look up and insert: nothing awaits under it.
    launches: Mutex<HashMap<[u8; 32], Launch>>,
}

struct Launch {
    package_id: String,
    until: Instant,
}

impl ChaincodeTls {
    /// Makes a CA and the listener's certificate for the hosts that chaincode is told to dial.
    pub fn new(hosts: &[Host], now: SystemTime) -> Result<Self, IssueError> {
        let authority = Authority::make("chaincode listener CA", "development peer", now)?;
        let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        let usage = TlsUse::ServerAndClient;
        let server = authority.issue(&Request::Tls { name: "chaincode listener", hosts: &hosts, usage })?;
        Ok(Self { authority, server, launches: Mutex::default() })
    }

    /// Gives the CA's certificate, as PEM: the only one that the listener trusts, and that chaincode is to trust.
    #[must_use]
    pub fn ca(&self) -> &str {
        self.authority.certificate()
    }

    /// Gives the listener's certificate and key.
    #[must_use]
    pub fn server(&self) -> &Pair {
        &self.server
    }

    /// Issues the credential of one launch of a chaincode.
    ///
    /// The key is PKCS#8 under the label `EC PRIVATE KEY`, as a peer's is: shims are written for that.
    pub fn issue(&self, package_id: &str, now: Instant) -> Result<Pair, IssueError> {
        let request = Request::Tls { name: "chaincode", hosts: &[], usage: TlsUse::Client };
        let Pair { certificate, key } = self.authority.issue(&request)?;
        let der = CertificateDer::from_pem_slice(certificate.as_bytes());
        let launch = Launch { package_id: package_id.to_owned(), until: now + LAUNCH };
        let mut launches = self.launches();
        launches.retain(|_, launch| launch.until > now);
        // What was just written as PEM is PEM.
        launches.extend(der.ok().map(|der| (Sha256::digest(&der).into(), launch)));
        Ok(Pair { certificate, key: key.replace(" PRIVATE KEY", " EC PRIVATE KEY") })
    }

    /// Gives the chaincode that a client certificate, DER, was issued for, within ten minutes from then.
    #[must_use]
    pub fn package_id(&self, certificate: &[u8], now: Instant) -> Option<String> {
        let hash: [u8; 32] = Sha256::digest(certificate).into();
        let launches = self.launches();
        let launch = launches.get(&hash).filter(|launch| launch.until > now);
        launch.map(|launch| launch.package_id.clone())
    }

    fn launches(&self) -> MutexGuard<'_, HashMap<[u8; 32], Launch>> {
        self.launches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows nothing of the keys.
impl std::fmt::Debug for ChaincodeTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChaincodeTls").field("server", &self.server).finish_non_exhaustive()
    }
}
