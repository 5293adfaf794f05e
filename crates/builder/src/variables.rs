//! The variables of a peer's environment that the builder reads.

/// The variable that holds the configuration for templates, as Fabric's own builder names it.
pub const CONFIGURATION_VARIABLE: &str = "CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG";

/// The variables, in addition to [`CONFIGURATION_VARIABLE`], that become template variables if the peer
/// passes them on.
pub const PEER_VARIABLES: [(&str, &str); 3] =
    [("CORE_PEER_ID", "peer_id"), ("CORE_PEER_LOCALMSPID", "msp_id"), ("HOSTNAME", "hostname")];
