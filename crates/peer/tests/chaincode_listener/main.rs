//! The listener for chaincode that connects to the peer. The chaincodes are fakes; the streams are real.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod certificates;
mod listener;

use std::sync::Arc;

use ccs_chaincode::{
    ChaincodeCall, ChaincodeLimits, ChaincodeSupport, Completed, Invocation, Proposer, SharedSimulation,
    TransactionError, UnsignedProposal,
};
use ccs_channel::{Channel, Definition, envelope};
use ccs_ledger::Store;

/// Package ID of the chaincode `basic`.
const ID: &str = "basic:1.0";

/// Creates a peer with the channel `ch`, on which the chaincode `basic` is defined.
fn peer() -> Arc<ChaincodeSupport> {
    let ledger = Store::temporary().unwrap().channel("ch", || envelope::genesis("ch")).unwrap();
    let channel = Channel::new(ledger, Vec::new());
    let definition = Definition { sequence: 1, version: "1.0".to_owned(), ..Definition::default() };
    channel.define("basic", &definition).unwrap();
    channel.bind("basic", ID);
    let peer = Arc::new(ChaincodeSupport::new(ChaincodeLimits::default()));
    peer.join(Arc::new(channel));
    peer
}

/// Runs a transaction of `basic`.
async fn run(peer: &Arc<ChaincodeSupport>) -> Result<Completed, TransactionError> {
    let invocation = Invocation::new("ch", "basic", &["f"]);
    let proposal = UnsignedProposal::new(invocation, &Proposer::default()).unwrap();
    let channel = peer.channel("ch").unwrap();
    let simulation = channel.ledger().simulate(proposal.transaction_id()).unwrap();
    let target = peer.resolve(&channel, "basic").unwrap();
    let call = ChaincodeCall {
        input: ccs_proto::peer::ChaincodeInput::default(),
        transaction_id: proposal.transaction_id().to_owned(),
        proposal: Arc::default(),
        creator: None,
        simulation: SharedSimulation::new(simulation),
    };
    peer.execute(target, call).await
}
