//! The properties of a certificate in `case.toml`.

use serde::Deserialize;

/// The properties of a certificate.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// The certificate of the issuer; by default, the certificate is self-signed.
    pub(crate) signed_by: Option<String>,
    /// Whether it may issue other certificates.
    #[serde(default)]
    pub(crate) authority: bool,
    /// The days until its expiry, plus one hour; negative after it.
    #[serde(default = "ten_years")]
    pub(crate) days: i64,
    /// The days until it becomes valid; negative after that.
    #[serde(default = "yesterday")]
    pub(crate) from: i64,
    /// Its host names.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// The type of its key.
    #[serde(default)]
    pub(crate) key: KeyKind,
}

/// The types of keys; Go's `crypto/tls` supports all of them.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyKind {
    /// ECDSA on P-256.
    #[default]
    P256,
    /// ECDSA on P-384.
    P384,
    /// Ed25519.
    Ed25519,
}

fn ten_years() -> i64 {
    3650
}

fn yesterday() -> i64 {
    -1
}
