//! `chaincode.json`: the data about the chaincode and the peer that the peer passes to `run`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ExitCode, Failure};

/// The content of `RUNMETA/chaincode.json` (Fabric 3.1 `core/container/externalbuilder/externalbuilder.go`, `Run`).
///
/// A peer without TLS leaves the certificates empty. The key never appears in [`Debug`](fmt::Debug).
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Chaincode {
    /// The package ID, under which the chaincode registers.
    pub chaincode_id: String,
    /// Where the peer listens for chaincode, as host:port.
    pub peer_address: String,
    /// The client certificate of the chaincode, as PEM.
    #[serde(default)]
    pub client_cert: String,
    /// The key to it, as PEM.
    #[serde(default)]
    pub client_key: String,
    /// The certificate of the CA that signed the peer's certificate, as PEM.
    #[serde(default)]
    pub root_cert: String,
    /// The MSP ID of the peer.
    #[serde(default)]
    pub mspid: String,
}

impl Chaincode {
    /// Reads the file's content.
    pub fn parse(content: &[u8]) -> Result<Self, Failure> {
        let chaincode: Self = serde_json::from_slice(content).map_err(|error| {
            // The error of serde_json contains a position, and values only if they have the wrong type. The key is a string, as
            // expected, so the error never contains it.
            Failure::new(ExitCode::InputOutput, format!("chaincode.json: {error}"))
                .with_hint("the peer writes this file; call run as a peer does: run BLD RUNMETA")
        })?;
        for (key, value) in
            [("chaincode_id", &chaincode.chaincode_id), ("peer_address", &chaincode.peer_address)]
        {
            if value.is_empty() {
                return Err(Failure::new(ExitCode::InputOutput, format!("chaincode.json: {key} is empty"))
                    .with_hint("the peer writes this file; call run as a peer does: run BLD RUNMETA"));
            }
        }
        Ok(chaincode)
    }

    /// Tells whether the peer requires TLS.
    #[must_use]
    pub fn wants_tls(&self) -> bool {
        !self.root_cert.is_empty()
    }

    /// Returns the label: the part of the package ID before the last colon.
    #[must_use]
    pub fn label(&self) -> &str {
        self.chaincode_id.rsplit_once(':').map_or(self.chaincode_id.as_str(), |(label, _)| label)
    }

    /// Returns the hash: the part of the package ID after the last colon; empty when there is none.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.chaincode_id.rsplit_once(':').map_or("", |(_, hash)| hash)
    }
}

impl fmt::Debug for Chaincode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chaincode")
            .field("chaincode_id", &self.chaincode_id)
            .field("peer_address", &self.peer_address)
            .field("mspid", &self.mspid)
            .field("tls", &self.wants_tls())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_split_at_the_last_colon() {
        let text = br#"{"chaincode_id":"a:b:c0","peer_address":"p:7052","client_key":"SECRET","other":1}"#;
        let chaincode = Chaincode::parse(text).unwrap();
        assert_eq!((chaincode.label(), chaincode.hash()), ("a:b", "c0"));
        assert!(!chaincode.wants_tls());
        assert!(!format!("{chaincode:?}").contains("SECRET"));
    }

    #[test]
    fn what_a_peer_never_writes_is_refused() {
        for (text, message) in [
            (
                &br#"{"peer_address":"p:1"}"#[..],
                "chaincode.json: missing field `chaincode_id` at line 1 column 22",
            ),
            (br#"{"chaincode_id":"a:b","peer_address":""}"#, "chaincode.json: peer_address is empty"),
        ] {
            let failure = Chaincode::parse(text).unwrap_err();
            assert_eq!((failure.to_string().as_str(), failure.code()), (message, ExitCode::InputOutput));
        }
    }
}
