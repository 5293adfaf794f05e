//! The functions of `_lifecycle` and the access checks for them.
//!
//! The policies are the defaults of Fabric 3.1 `core/aclmgmt/defaultaclprovider.go`: local functions require an
//! administrator of the peer's organization, channel functions require a writer of the channel.

use ccs_channel::access::{Access, SignedData, channelless};
use ccs_identity::MspManager;

use crate::local::require_admin;

/// Function of `_lifecycle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    InstallChaincode,
    QueryInstalledChaincodes,
    QueryInstalledChaincode,
    GetInstalledChaincodePackage,
    ApproveChaincodeDefinitionForMyOrg,
    QueryApprovedChaincodeDefinition,
    QueryApprovedChaincodeDefinitions,
    CheckCommitReadiness,
    CommitChaincodeDefinition,
    QueryChaincodeDefinition,
    QueryChaincodeDefinitions,
}

impl Function {
    /// Finds a function by name.
    pub(super) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "InstallChaincode" => Self::InstallChaincode,
            "QueryInstalledChaincodes" => Self::QueryInstalledChaincodes,
            "QueryInstalledChaincode" => Self::QueryInstalledChaincode,
            "GetInstalledChaincodePackage" => Self::GetInstalledChaincodePackage,
            "ApproveChaincodeDefinitionForMyOrg" => Self::ApproveChaincodeDefinitionForMyOrg,
            "QueryApprovedChaincodeDefinition" => Self::QueryApprovedChaincodeDefinition,
            "QueryApprovedChaincodeDefinitions" => Self::QueryApprovedChaincodeDefinitions,
            "CheckCommitReadiness" => Self::CheckCommitReadiness,
            "CommitChaincodeDefinition" => Self::CommitChaincodeDefinition,
            "QueryChaincodeDefinition" => Self::QueryChaincodeDefinition,
            "QueryChaincodeDefinitions" => Self::QueryChaincodeDefinitions,
            _ => return None,
        })
    }

    /// Returns whether only administrators of the peer's organization may call the function.
    fn is_local(self) -> bool {
        !matches!(
            self,
            Self::CheckCommitReadiness
                | Self::CommitChaincodeDefinition
                | Self::QueryChaincodeDefinition
                | Self::QueryChaincodeDefinitions
        )
    }
}

/// Checks that a client may call a function. `local` holds the peer's own MSPs, `channel` those of the channel, if
/// any.
pub(super) fn check(
    function: Function,
    local: &MspManager,
    channel: Option<&MspManager>,
    signed: SignedData<'_>,
) -> Result<(), String> {
    if function.is_local() {
        return require_admin(local, signed);
    }
    let Some(channel) = channel else {
        return Err(channelless(
            "Failed getting local MSP principal",
            "/Channel/Application/Writers",
            "MSP Principal role [/Channel/Application/Writers] not recognized.",
        ));
    };
    Access::Write.check(channel, signed).map(drop).map_err(|error| error.to_string())
}
