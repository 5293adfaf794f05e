//! `launch.json`: what a build has started, for whoever looks after it later.

use serde::{Deserialize, Serialize};

use crate::image::Tls;

/// The name of the file.
pub const FILE: &str = "launch.json";

/// The content of `launch.json`. It holds no key, and no certificate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    /// Where the chaincode runs: `kubernetes`.
    pub platform: String,
    /// The namespace of its objects.
    pub namespace: String,
    /// The name of its objects.
    pub object: String,
    /// The image.
    pub image: String,
    /// Where it listens.
    pub port: u16,
    /// How the peer dials it.
    pub tls: Tls,
    /// The SHA-256 of what the settings made of it: another one asks for a change.
    pub settings: String,
    /// When its certificates end, as RFC 3339; absent without TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificates_end: Option<String>,
}
