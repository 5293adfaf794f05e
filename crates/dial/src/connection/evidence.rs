//! Records what a TLS handshake reveals about the server, also if the handshake fails.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

/// The information that the server revealed in the handshake, whether or not it succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The server's certificates, its own first, as DER.
    pub certificates: Vec<Vec<u8>>,
    /// The names of the authorities from which the server accepts client certificates, as DER; [`None`] if it
    /// requested no client certificate. The list is often empty, which means nothing.
    pub asked_for_client: Option<Vec<Vec<u8>>>,
}

/// A record of the handshake. Its lock is never held across an await.
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
        // The record is consistent even after a panic of a holder.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A resolver that records the server's request before it chooses the client certificate.
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
