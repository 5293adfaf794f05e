//! What the services ask of whatever runs chaincode: [`Contracts`], which a [`Peer`](ccs_chaincode::Peer) is.
//!
//! It is the one place where the half of the peer that faces clients meets the half that faces chaincodes.

use std::sync::Arc;

use ccs_chaincode::{Gap, SharedSimulation, TransactionError};
use ccs_identity::{Identity, SignaturePolicy};
use ccs_ledger::Committed;
use ccs_proto::peer::{ChaincodeEvent, ChaincodeInput, Response, SignedProposal};

/// What is agreed on a chaincode of a channel, as far as clients have to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractDefinition {
    /// The version, which goes into each transaction; never empty.
    pub version: String,
    /// Who has to endorse.
    pub endorsement_policy: EndorsementPolicy,
    /// The collections.
    pub collections: Vec<CollectionDefinition>,
}

/// What is agreed on a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionDefinition {
    /// The name.
    pub name: String,
    /// Who may have the data.
    pub members: SignaturePolicy,
    /// Who has to endorse; [`None`] for the policy of the chaincode.
    pub endorsement_policy: Option<EndorsementPolicy>,
    /// For how many blocks a value is kept; 0 is for ever.
    pub block_to_live: u64,
}

/// Who has to endorse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndorsementPolicy {
    /// Whoever the channel's own policy names: the majority of its organizations.
    Channel,
    /// Whoever this policy names.
    Signature(SignaturePolicy),
}

impl ContractDefinition {
    /// Gives a collection by its name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&CollectionDefinition> {
        self.collections.iter().find(|collection| collection.name == name)
    }
}

/// What a proposal asks of a chaincode.
#[derive(Clone, Debug)]
pub struct ContractCall {
    /// The channel.
    pub channel: String,
    /// The chaincode's name in its definition.
    pub chaincode: String,
    /// The function and its arguments.
    pub input: ChaincodeInput,
    /// The proposal, as the client signed it.
    pub proposal: Arc<SignedProposal>,
    /// Who proposes.
    pub creator: Arc<Identity>,
    /// The transaction's ID.
    pub transaction_id: String,
    /// Takes what the transaction reads and writes.
    pub simulation: SharedSimulation,
}

/// What a chaincode answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContractResult {
    /// Its response.
    pub response: Response,
    /// Its event.
    pub event: Option<ChaincodeEvent>,
}

/// A package by which a chaincode of a channel runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageInUse {
    /// The package's ID.
    pub package_id: String,
    /// The chaincode's name in its definition.
    pub chaincode: String,
    /// The version of its definition.
    pub version: String,
}

/// Runs chaincode and knows the definitions.
#[tonic::async_trait]
pub trait Contracts: Send + Sync + 'static {
    /// Gives what is agreed on a chaincode as of the last block.
    fn definition(&self, channel: &str, chaincode: &str) -> Option<Arc<ContractDefinition>>;

    /// Says why a chaincode that is defined cannot be run; [`None`] when it can.
    fn gap(&self, channel: &str, chaincode: &str) -> Option<Gap> {
        let _ = (channel, chaincode);
        None
    }

    /// Names the packages by which the chaincodes of a channel run.
    fn packages_in_use(&self, channel: &str) -> Vec<PackageInUse> {
        let _ = channel;
        Vec::new()
    }

    /// Runs a function of a chaincode that is defined. Dropping the future gives up waiting for the answer.
    async fn execute(&self, call: ContractCall) -> Result<ContractResult, TransactionError>;

    /// Copies a block, if there is anything to copy it to, before any client hears of it; on a thread that may wait. Gives
    /// what failed, for whoever watches.
    fn copy(&self, channel: &str, block: &Committed) -> Option<String> {
        let _ = (channel, block);
        None
    }

    /// Is told of each block after it was committed, on a thread that may wait. Gives what failed of that which follows from
    /// it, for whoever watches.
    fn committed(&self, channel: &str, block: &Committed) -> Vec<String> {
        let _ = (channel, block);
        Vec::new()
    }
}
