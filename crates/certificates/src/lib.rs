//! PEM, certificates and private keys as a Fabric peer reads them.
//!
//! A peer is a Go program. It loads `root_cert` of a connection.json with `x509.CertPool.AppendCertsFromPEM` and
//! `client_cert` with `client_key` by `tls.X509KeyPair` (Fabric `internal/pkg/comm/config.go`, v3.1.5), and does so
//! only when the chaincode is launched. This crate gives the same verdict at install time: [`read_bundle`] and
//! [`read_key_pair`] accept what Go accepts and refuse what Go refuses, with a reason a person can act on.
//! The judge is Go itself: `conformance/go-tls` writes the cases that `tests/certificates/go_verdicts.rs` replays.
//!
//! The rules are those of Go 1.26. Peers built with Go before 1.23 also take certificates with negative serial
//! numbers; since 1.23 no peer does, so they are refused here.
//!
//! Known differences, none of them met in practice: the numbers of keys on P-224 and of RSA keys with more than two primes
//! are not checked, which [`UncheckedKey`] tells; quoted mailboxes in name constraints are checked less than Go checks
//! them; the Ed25519 key of 32 zero bytes, PKCS #8 parameters with a tag number above 30 and RSA moduli above 65 536 bits
//! are refused.
//!
//! Everything here is a function of its arguments: no file, no network, no clock.
//!
//! The readers of PEM and of certificates are this crate's own because others answer another question. Of the 1430
//! certificates in `tests/fixtures/certificates.json`, `x509-cert` 0.3 refuses 19 that Go takes and takes 734 that Go
//! refuses, probably since it leaves the content of extensions unread; `x509-parser` 0.18 differs in 7 and 763. Of 81
//! PEM files `pem` 3 reads 7 and `rustls-pki-types` 1 reads 3 in another way than Go.

mod base64;
mod bundle;
mod certificate;
mod curve;
mod der;
mod error;
mod host;
mod key_pair;
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
pub use private_key::PrivateKeyError;
pub use public_half::UncheckedKey;
pub use public_key::KeyAlgorithm;
pub use revocation::revocation_list_authority;
pub use validity::Validity;
