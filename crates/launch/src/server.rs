//! Certificates, variables and the matching connection.json for chaincode that the peer dials, on any platform.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ccs_files::Connection;
use ccs_files::connection::DialTimeout;
use ccs_files::shim::{self, FILES, ServerTls};

use crate::image::{Image, Tls};

/// The folder with the files of the chaincode.
pub const FOLDER: &str = "/etc/chaincode/tls";

/// How long a peer tries to connect, because the platform may be restarting the chaincode.
const DIAL_TIMEOUT: &str = "10s";

/// Certificates and keys of one server and its peer, as PEM, without the key of the CA.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificates {
    /// The certificate of the CA.
    pub ca: String,
    /// Certificate and key of the chaincode.
    pub server: (String, String),
    /// Certificate and key of the peer.
    pub client: (String, String),
    /// A hash of them, which differs for each build.
    pub checksum: String,
}

impl fmt::Debug for Certificates {
    /// Omits the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("checksum", &self.checksum).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Returns the files of the chaincode by their names in [`FOLDER`], including its key.
    #[must_use]
    pub fn files(&self) -> [(&'static str, String); FILES.len()] {
        let (certificate, key) = &self.server;
        let encoded = |text: &String| BASE64_STANDARD.encode(text);
        let contents =
            [certificate.clone(), key.clone(), encoded(certificate), encoded(key), self.ca.clone()];
        let mut contents = contents.into_iter();
        FILES.map(|name| (name, contents.next().unwrap_or_default()))
    }
}

/// Returns the variables of all shims, for a chaincode that listens at the port of its image.
#[must_use]
pub fn environment(image: &Image, package_id: &str) -> Vec<(&'static str, String)> {
    let tls = match image.tls {
        Tls::None => None,
        Tls::Mutual | Tls::Server => {
            Some(ServerTls { folder: FOLDER, ask_for_client: image.tls == Tls::Mutual })
        }
    };
    shim::server_of_any_language(package_id, &format!("0.0.0.0:{}", image.port), tls)
}

/// Returns the connection.json for an address, including the peer's key; `certificates` is [`None`] without TLS.
#[must_use]
pub fn connection(image: &Image, certificates: Option<&Certificates>, address: String) -> Connection {
    let mut connection = Connection {
        address,
        dial_timeout: Some(DialTimeout::Text(DIAL_TIMEOUT.to_owned())),
        ..Connection::default()
    };
    if let Some(certificates) = certificates {
        connection.tls_required = true;
        connection.root_cert.clone_from(&certificates.ca);
        if image.tls == Tls::Mutual {
            connection.client_auth_required = true;
            (connection.client_cert, connection.client_key) = certificates.client.clone();
        }
    }
    connection
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_the_content_of_its_name() {
        let pair = |name: &str| (format!("{name} CERTIFICATE\n"), format!("{name} KEY\n"));
        let certificates = Certificates {
            ca: "CA\n".to_owned(),
            server: pair("SERVER"),
            client: pair("CLIENT"),
            checksum: "5f".to_owned(),
        };
        let files = certificates.files();
        let files: Vec<_> = files.iter().map(|(name, content)| (*name, content.as_str())).collect();
        assert_eq!(
            files,
            [
                ("server.pem", "SERVER CERTIFICATE\n"),
                ("server.key", "SERVER KEY\n"),
                ("server.pem.b64", "U0VSVkVSIENFUlRJRklDQVRFCg=="),
                ("server.key.b64", "U0VSVkVSIEtFWQo="),
                ("ca.pem", "CA\n"),
            ]
        );
        assert_eq!(format!("{certificates:?}"), r#"Certificates { checksum: "5f", .. }"#);
    }
}
