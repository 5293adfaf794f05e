//! What a TLS handshake shows of the server, also when it fails.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

/// What the server showed before the handshake ended, well or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The certificates it presented, its own first, as DER.
    pub certificates: Vec<Vec<u8>>,
    /// Whether it asked for a client certificate; then the names of the authorities it takes, as DER. The list is often
    /// empty, which says nothing.
    pub asked_for_client: Option<Vec<Vec<u8>>>,
}

/// Notes what is seen. A lock is held for a moment and never over a wait.
#[derive(Debug, Default)]
pub(super) struct Evidence(Mutex<Seen>);

impl Evidence {
    pub(super) fn forget(&self) {
        *self.lock() = Seen::default();
    }

    pub(super) fn seen(&self) -> Seen {
        self.lock().clone()
    }

    pub(super) fn presented(&self, own: &CertificateDer<'_>, others: &[CertificateDer<'_>]) {
        self.lock().certificates = std::iter::once(own).chain(others).map(|der| der.to_vec()).collect();
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // Whoever panicked while holding it had nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Chooses the client certificate as before, and notes that it was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) client: Arc<dyn ResolvesClientCert>,
    pub(super) evidence: Arc<Evidence>,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, authorities: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let names = authorities.iter().map(|name| name.to_vec()).collect();
        self.evidence.lock().asked_for_client = Some(names);
        self.client.resolve(authorities, schemes)
    }

    fn only_raw_public_keys(&self) -> bool {
        self.client.only_raw_public_keys()
    }

    fn has_certs(&self) -> bool {
        self.client.has_certs()
    }
}
