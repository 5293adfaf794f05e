//! PEM, certificates and private keys as a Fabric peer reads them.
//!
//! A peer is a Go program. It loads `root_cert` of a connection.json with `x509.CertPool.AppendCertsFromPEM` and
//! `client_cert` with `client_key` by `tls.X509KeyPair` (Fabric `internal/pkg/comm/config.go`, v3.1.5), and does so
//! only when the chaincode is launched. This crate gives the same verdict at install time: [`read_bundle`] and
//! [`read_key_pair`] accept what Go accepts and refuse what Go refuses, with a reason a person can act on.
//! The judge is Go itself: `conformance/go-tls` writes the cases that `tests/certificates/go_verdicts.rs` replays.
//!
//! Everything here is a function of its arguments: no file, no network, no clock.
//!
//! The parser is this crate's own since strict DER readers (`x509-cert`, `x509-parser`) and strict PEM readers
//! (`pem-rfc7468`, `rustls-pki-types`, `pem`) differ from Go in what they accept, which is the very question asked.

mod base64;
mod bundle;
mod certificate;
mod curve;
mod der;
mod host;
mod key_pair;
mod oid;
mod pem;
mod private_key;
mod public_key;
mod rsa;
mod shown;
mod validity;

pub use bundle::{Bundle, BundleError, SkipReason, Skipped, read_bundle};
pub use certificate::{Certificate, CertificateError, ExtendedKeyUsage, SubjectAlternativeName};
pub use curve::Curve;
pub use host::host_matches;
pub use key_pair::{KeyPair, KeyPairError, read_key_pair};
pub use private_key::PrivateKeyError;
pub use public_key::KeyAlgorithm;
pub use validity::Validity;
