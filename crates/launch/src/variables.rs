//! Names of variables that several modules know.

/// Variables that the chaincode gets from the peer, if the peer propagates them.
pub const INHERITED: [&str; 3] = ["PATH", "TZ", "LANG"];

/// Variables that the settings may not set: the plan sets them, or they change who dials.
pub const RESERVED: [&str; 12] = [
    "CORE_CHAINCODE_ID_NAME",
    "CORE_PEER_ADDRESS",
    "CORE_PEER_LOCALMSPID",
    "CORE_PEER_TLS_ENABLED",
    "CORE_PEER_TLS_ROOTCERT_FILE",
    "CORE_TLS_CLIENT_CERT_FILE",
    "CORE_TLS_CLIENT_CERT_PATH",
    "CORE_TLS_CLIENT_KEY_FILE",
    "CORE_TLS_CLIENT_KEY_PATH",
    "CHAINCODE_SERVER_ADDRESS",
    "HOME",
    "TMPDIR",
];
