//! `launch.json`: the chaincode that a build has started, for `ccs launch`.

use serde::{Deserialize, Serialize};

use crate::image::Tls;

/// The name of the file.
pub const FILE: &str = "launch.json";

/// The word for Kubernetes in [`Record::platform`].
pub const KUBERNETES: &str = "kubernetes";

/// The word for Docker in [`Record::platform`].
pub const DOCKER: &str = "docker";

/// The content of `launch.json`. It contains neither keys nor certificates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Record {
    /// Where the chaincode runs: [`KUBERNETES`] or [`DOCKER`].
    pub platform: String,
    /// The namespace of its objects; empty if it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name of its objects, or of its container.
    pub object: String,
    /// The address that the peer dials, if it does not follow from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The image.
    pub image: String,
    /// The port on which it listens.
    pub port: u16,
    /// How the peer dials it.
    pub tls: Tls,
    /// The SHA-256 of the settings; if it differs, the chaincode must be updated.
    pub settings: String,
    /// When its certificates expire, as RFC 3339; absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates_end: Option<String>,
    /// The hash of its certificates, which is also an annotation of its pods on Kubernetes; absent without TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            platform: "kubernetes".to_owned(),
            namespace: "hlf".to_owned(),
            object: "ccs-basic10-bpzgucek5hlow".to_owned(),
            address: None,
            image: "basic@sha256:00".to_owned(),
            port: 9999,
            tls: Tls::Mutual,
            settings: "5f".to_owned(),
            certificates_end: Some("2036-11-26T20:00:00Z".to_owned()),
            checksum: Some("ab".to_owned()),
        }
    }

    #[test]
    fn a_record_holds_what_its_platform_has() {
        let kubernetes = record();
        let text = serde_json::to_string(&kubernetes).unwrap();
        assert_eq!(
            text,
            r#"{"platform":"kubernetes","namespace":"hlf","object":"ccs-basic10-bpzgucek5hlow","image":"basic@sha256:00","port":9999,"tls":"mutual","settings":"5f","certificates_end":"2036-11-26T20:00:00Z","checksum":"ab"}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), kubernetes);
        let docker = Record {
            platform: "docker".to_owned(),
            namespace: String::new(),
            address: Some("127.0.0.1:20001".to_owned()),
            certificates_end: None,
            checksum: None,
            ..record()
        };
        let text = serde_json::to_string(&docker).unwrap();
        assert_eq!(
            text,
            r#"{"platform":"docker","object":"ccs-basic10-bpzgucek5hlow","address":"127.0.0.1:20001","image":"basic@sha256:00","port":9999,"tls":"mutual","settings":"5f"}"#
        );
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), docker);
    }
}
