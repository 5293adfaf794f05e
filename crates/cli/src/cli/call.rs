//! Options of `ccs invoke` and `ccs query`.

use std::ffi::OsString;

use ccs_identity::MspId;
use clap::Args;

use super::network::Network;

/// Options of `ccs invoke`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  ccs invoke basic CreateAsset asset7 blue 5 Tom 300\n  \
                  ccs invoke private CreateAsset --transient asset_properties=@asset.json\n  \
                  ccs invoke basic TransferAsset asset7 Anna --endpoint peer0.org1.example.com:7051 \\\n    \
                  --tls-ca ca.crt --identity users/User1@org1.example.com/msp --msp Org1MSP \\\n    \
                  --org Org1MSP --org Org2MSP\n\n\
                  Exit codes: 50 no connection, 51 refused by peer or chaincode, 52 committed and not valid,\n\
                  53 sent and its end not known, 54 no answer. docs/client.md tells the rest.")]
pub(crate) struct Invoke {
    #[command(flatten)]
    pub(crate) call: Call,
    /// Call the chaincode's Init, for a definition that requires it
    #[arg(long)]
    pub(crate) init: bool,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// Options of `ccs query`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ccs query basic ReadAsset asset1\n  ccs query basic GetAllAssets | jq '.[].ID'\n  \
                  ccs query qscc GetChainInfo mychannel > info.bin\n\n\
                  Exit codes: 50 no connection, 51 refused by peer or chaincode, 54 no answer.\n\
                  docs/client.md tells the rest."
)]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) call: Call,
    #[command(flatten)]
    pub(crate) network: Network,
}

/// What is asked of a chaincode.
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The chaincode, by the name of its definition
    #[arg(value_name = "CHAINCODE")]
    pub(crate) chaincode: String,
    /// The function
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: String,
    /// Its arguments; @FILE is the content of a file, @@TEXT is @TEXT, and behind -- an argument may begin with a dash
    #[arg(value_name = "ARG", allow_negative_numbers = true)]
    pub(crate) arguments: Vec<OsString>,
    /// A value that the chaincode sees and no ledger keeps; =@FILE takes it from a file
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) transient: Vec<OsString>,
    /// The organizations whose peers run it [default: the gateway chooses]
    #[arg(long = "org", value_name = "MSP-ID")]
    pub(crate) organizations: Vec<MspId>,
    /// Print a JSON document; docs/json.md describes it
    #[arg(long)]
    pub(crate) json: bool,
}
