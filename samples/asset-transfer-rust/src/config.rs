//! Configuration from the environment, with the variables of Fabric's external chaincode samples.
//!
//! Source of the names: `fabric-samples`, `asset-transfer-basic/chaincode-external/assetTransfer.go`.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// The settings of the chaincode server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// The package ID (`label:hash`) with which the chaincode registers.
    pub chaincode_id: String,
    /// The address to listen on, `host:port`.
    pub listen: String,
    /// The TLS files; [`None`] for plaintext.
    pub tls: Option<TlsFiles>,
}

/// Paths of the PEM files that the TLS front reads at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The private key: PKCS#8, SEC1 or PKCS#1.
    pub key: PathBuf,
    /// The certificate, followed by intermediate certificates if there are any.
    pub certificate: PathBuf,
    /// The CA certificates for the client certificates of peers; [`None`] to request no client certificate.
    pub client_ca: Option<PathBuf>,
}

/// The reason why a variable of the environment cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A required variable is absent or empty.
    #[error("{variable} is not set")]
    NotSet {
        /// The name of the variable.
        variable: &'static str,
    },
    /// A value is not UTF-8.
    #[error("{variable} is not valid UTF-8: {value:?}")]
    NotUtf8 {
        /// The name of the variable.
        variable: &'static str,
        /// Its value.
        value: OsString,
    },
    /// A value is not a boolean.
    #[error("{variable} is not a boolean: {value:?}")]
    NotBoolean {
        /// The name of the variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
}

impl ConfigError {
    /// Returns what to do about the error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotSet { variable: CHAINCODE_ID } => Some(
                "set it to the package ID that `peer lifecycle chaincode queryinstalled` prints".to_owned(),
            ),
            Self::NotSet { variable: SERVER_ADDRESS } => {
                Some("set it to the host:port to listen on, for example 127.0.0.1:9999".to_owned())
            }
            Self::NotSet { .. } => {
                Some(format!("TLS needs a key and a certificate; or set {TLS_DISABLED}=true"))
            }
            Self::NotUtf8 { .. } => None,
            Self::NotBoolean { .. } => Some("use true or false".to_owned()),
        }
    }
}

const CHAINCODE_ID: &str = "CHAINCODE_ID";
const SERVER_ADDRESS: &str = "CHAINCODE_SERVER_ADDRESS";
const TLS_DISABLED: &str = "CHAINCODE_TLS_DISABLED";
const TLS_KEY: &str = "CHAINCODE_TLS_KEY";
const TLS_CERT: &str = "CHAINCODE_TLS_CERT";
const CLIENT_CA_CERT: &str = "CHAINCODE_CLIENT_CA_CERT";

impl ServerConfig {
    /// Reads `CHAINCODE_ID`, `CHAINCODE_SERVER_ADDRESS`, `CHAINCODE_TLS_DISABLED` (true when absent),
    /// `CHAINCODE_TLS_KEY`, `CHAINCODE_TLS_CERT` and `CHAINCODE_CLIENT_CA_CERT`; an empty value counts
    /// as absent.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|variable| env::var_os(variable))
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let variables = Variables(lookup);
        let tls = if variables.boolean(TLS_DISABLED)?.unwrap_or(true) {
            None
        } else {
            Some(TlsFiles {
                key: variables.required(TLS_KEY)?.into(),
                certificate: variables.required(TLS_CERT)?.into(),
                client_ca: variables.optional(CLIENT_CA_CERT).map(PathBuf::from),
            })
        };
        Ok(Self { chaincode_id: variables.text(CHAINCODE_ID)?, listen: variables.text(SERVER_ADDRESS)?, tls })
    }
}

/// A function that returns the variables of the environment, or a replacement in tests.
struct Variables<F>(F);

impl<F: Fn(&str) -> Option<OsString>> Variables<F> {
    fn optional(&self, variable: &'static str) -> Option<OsString> {
        (self.0)(variable).filter(|value| !value.is_empty())
    }

    fn required(&self, variable: &'static str) -> Result<OsString, ConfigError> {
        self.optional(variable).ok_or(ConfigError::NotSet { variable })
    }

    fn text(&self, variable: &'static str) -> Result<String, ConfigError> {
        self.required(variable)?.into_string().map_err(|value| ConfigError::NotUtf8 { variable, value })
    }

    /// Parses a boolean in the forms of Go's `strconv.ParseBool`.
    fn boolean(&self, variable: &'static str) -> Result<Option<bool>, ConfigError> {
        if self.optional(variable).is_none() {
            return Ok(None);
        }
        let value = self.text(variable)?;
        match value.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Some(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Some(false)),
            _ => Err(ConfigError::NotBoolean { variable, value }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<ServerConfig, ConfigError> {
        ServerConfig::from_lookup(|name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
        })
    }

    const PLAINTEXT: [(&str, &str); 2] = [(CHAINCODE_ID, "basic:ab"), (SERVER_ADDRESS, "127.0.0.1:9999")];

    #[test]
    fn tls_is_off_unless_asked_for() {
        let files = [(TLS_KEY, "key.pem"), (TLS_CERT, "cert.pem")];
        assert_eq!(config(&[PLAINTEXT, files].concat()).unwrap().tls, None);
    }

    #[test]
    fn tls_takes_key_certificate_and_client_ca() {
        let tls = [
            (TLS_DISABLED, "false"),
            (TLS_KEY, "key.pem"),
            (TLS_CERT, "cert.pem"),
            (CLIENT_CA_CERT, "ca.pem"),
        ];
        let expected = TlsFiles {
            key: "key.pem".into(),
            certificate: "cert.pem".into(),
            client_ca: Some("ca.pem".into()),
        };
        assert_eq!(config(&[&PLAINTEXT[..], &tls].concat()).unwrap().tls, Some(expected));
    }

    #[test]
    fn a_missing_or_unusable_variable_is_named_with_a_hint() {
        let id = [PLAINTEXT[0]];
        let no_key = [PLAINTEXT[0], PLAINTEXT[1], (TLS_DISABLED, "0"), (TLS_KEY, "")];
        let no_boolean = [PLAINTEXT[0], PLAINTEXT[1], (TLS_DISABLED, "no")];
        for (variables, message, hint) in [
            (&[][..], "CHAINCODE_ID is not set", "queryinstalled"),
            (&id[..], "CHAINCODE_SERVER_ADDRESS is not set", "127.0.0.1:9999"),
            (&no_key[..], "CHAINCODE_TLS_KEY is not set", "CHAINCODE_TLS_DISABLED=true"),
            (&no_boolean[..], "CHAINCODE_TLS_DISABLED is not a boolean: \"no\"", "true or false"),
        ] {
            let error = config(variables).unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(error.hint().unwrap().contains(hint), "{error}");
        }
    }
}
