//! How the certificates of a case are to be made, as `case.toml` says it.

use serde::Deserialize;

/// How a certificate is to be made.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recipe {
    /// The certificate of the issuer; itself unless given.
    pub(crate) signed_by: Option<String>,
    /// Whether it may issue others.
    #[serde(default)]
    pub(crate) authority: bool,
    /// Days until it expires, and an hour; negative: since it expired.
    #[serde(default = "ten_years")]
    pub(crate) days: i64,
    /// Days until it becomes valid; negative: since it did.
    #[serde(default = "yesterday")]
    pub(crate) from: i64,
    /// Names of the host.
    #[serde(default)]
    pub(crate) names: Vec<String>,
    /// The kind of its key.
    #[serde(default)]
    pub(crate) key: KeyKind,
}

/// Kinds of keys, all of which Go's `crypto/tls` takes.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyKind {
    /// On NIST's curve of 256 bits.
    #[default]
    P256,
    /// On NIST's curve of 384 bits.
    P384,
    /// On Edwards' curve.
    Ed25519,
}

fn ten_years() -> i64 {
    3650
}

fn yesterday() -> i64 {
    -1
}
