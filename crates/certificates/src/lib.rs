//! Parses PEM, certificates and private keys exactly as a Fabric peer does.
//!
//! A peer is a Go program. It loads `root_cert` of a connection.json with `x509.CertPool.AppendCertsFromPEM`, and
//! `client_cert` with `client_key` by `tls.X509KeyPair` (Fabric `internal/pkg/comm/config.go`, v3.1.5), but only when
//! it launches the chaincode. This crate makes the same decision at install time: [`read_bundle`] and
//! [`read_key_pair`] accept and reject the same input as Go, with an error that explains what to fix. The reference is
//! Go itself: `conformance/go-tls` records the cases that `tests/certificates/go_verdicts.rs` replays.
//!
//! The rules are those of Go 1.26. Peers built with a Go older than 1.23 also accept certificates with negative serial
//! numbers; later ones do not, so this crate rejects them.
//!
//! A few differences are known; they do not occur in practice. The numbers of P-224 keys and of RSA keys with
//! more than two primes are not checked, which [`UncheckedKey`] reports. Quoted mailboxes in name constraints are
//! checked less strictly. The Ed25519 key of 32 zero bytes, PKCS #8 parameters with a tag number above 30 and RSA
//! moduli above 65 536 bits are rejected.
//!
//! All functions are pure: they access no files, no network and no clock.
//!
//! The crate has its own parsers of PEM and certificates because existing ones decide differently. Of the 1430
//! certificates in `tests/fixtures/certificates.json`, `x509-cert` 0.3 rejects 19 that Go accepts and accepts 734 that
//! Go rejects, probably because it does not parse the content of extensions; for `x509-parser` 0.18, these numbers are
//! 7 and 763. Of 81 PEM files, `pem` 3 parses 7 differently from Go, and `rustls-pki-types` 1 parses 3 differently.

mod base64;
mod bundle;
mod certificate;
mod curve;
mod der;
mod error;
mod host;
mod key_pair;
mod not_pem;
mod oid;
mod pem;
mod private_key;
mod public_half;
mod public_key;
mod revocation;
mod rsa;
mod shown;
mod validity;

pub use bundle::{Bundle, BundleError, SkipReason, Skipped, read_bundle};
pub use certificate::{Certificate, ExtendedKeyUsage, SubjectAlternativeName, distinguished_name};
pub use curve::Curve;
pub use error::CertificateError;
pub use host::host_matches;
pub use key_pair::{KeyPair, KeyPairError, read_key_pair};
pub use not_pem::NotPem;
pub use private_key::PrivateKeyError;
pub use public_half::UncheckedKey;
pub use public_key::KeyAlgorithm;
pub use revocation::revocation_list_authority;
pub use validity::Validity;
