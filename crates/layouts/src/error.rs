//! The reasons why there is no layout.

/// Maximum size of the description of the calls, which a client may have written.
pub const MAX_INTEREST_IN_BYTES: usize = 256 * 1024;

/// Reason why there is no layout. The gateway sends the text to its clients (Fabric 3.1 `discovery/endorsement`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The transaction calls no chaincode.
    #[error("chaincode interest must contain at least one chaincode")]
    NoCall,
    /// The description of the calls is too large; Fabric has no such limit.
    #[error("chaincode interest is larger than {MAX_INTEREST_IN_BYTES} bytes")]
    TooLarge,
    /// A chaincode is not defined, or its policy cannot be resolved.
    #[error("No metadata was found for chaincode {chaincode} in channel {channel}")]
    NoMetadata {
        /// Name of the chaincode.
        chaincode: String,
        /// Name of the channel.
        channel: String,
    },
    /// The definition has no such collection.
    #[error("collection {collection} doesn't exist in collection config for chaincode {chaincode}")]
    NoCollection {
        /// Name of the collection.
        collection: String,
        /// Name of the chaincode.
        chaincode: String,
    },
    /// A policy names no principal.
    #[error("policy not found")]
    NoPolicy,
    /// The call disregards the only policy that it has.
    #[error(
        "requested to disregard chaincode {0}'s policy but key and collection policies are missing, either disable DisregardNamespacePolicy or specify at least one key policy or at least one collection policy"
    )]
    NothingLeft(String),
    /// No combination of principals satisfies a policy.
    #[error("endorsement policy cannot be satisfied")]
    Unsatisfiable,
    /// No combination of principals satisfies the policy of a key.
    #[error("state based endorsement policy cannot be satisfied")]
    UnsatisfiableKey,
    /// A policy contains a principal that is neither a role, nor a unit, nor an identity.
    #[error("failed creating a comparable principal set")]
    Incomparable,
    /// The policy of a key contains such a principal, or cannot be decoded.
    #[error("failed creating a comparable principal set for state based endorsement")]
    IncomparableKey,
    /// The channel has too few peers.
    #[error("no peer combination can satisfy the endorsement policy")]
    NoPeers,
    /// Too few of the peers have the chaincodes.
    #[error("required chaincodes are not installed on sufficient peers")]
    NotInstalled,
}
