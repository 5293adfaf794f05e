//! Names of variables that several modules use.

/// Variables of the peer that the chaincode gets, if the peer propagates them.
pub const INHERITED: [&str; 3] = ["PATH", "TZ", "LANG"];

/// Variables that the settings may not set, because the plan sets them, or because they change the role.
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
