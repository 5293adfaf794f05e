//! Entry points for the fuzz targets only: the handlers cannot be called otherwise without a stream.

use std::sync::{Arc, LazyLock};

use ccs_channel::{Channel, Definition, DefinitionError, envelope};
use ccs_ledger::Store;
use ccs_proto::peer::collection_config::Payload;
use ccs_proto::peer::{
    ChaincodeInput, ChaincodeMessage, CollectionConfig, CollectionConfigPackage, SignedProposal,
    StaticCollectionConfig,
};
use tokio::runtime::Runtime;

use crate::chaincode_support::ChaincodeSupport;
use crate::context::{ChaincodeCall, Context, Target};
use crate::handlers::{self, Answer};
use crate::limits::ChaincodeLimits;
use crate::shared_simulation::SharedSimulation;

/// Channel of every transaction. No writes are committed, so each transaction sees the same state.
static CHANNEL: LazyLock<Arc<Channel>> = LazyLock::new(|| Arc::new(channel().expect("memory can be had")));

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be had"));

/// Creates a channel on which the chaincode `basic` has the collection `secrets` and some keys.
fn channel() -> Result<Channel, Box<dyn std::error::Error>> {
    let ledger = Store::temporary()?.channel("ch", || envelope::genesis("ch"))?;
    let channel = Channel::new(ledger, Vec::new());
    let secrets = StaticCollectionConfig { name: "secrets".to_owned(), ..StaticCollectionConfig::default() };
    let config = CollectionConfig { payload: Some(Payload::StaticCollectionConfig(secrets)) };
    let collections = CollectionConfigPackage { config: vec![config] };
    let definition =
        Definition { sequence: 1, version: "1.0".to_owned(), collections, ..Definition::default() };
    channel.define("basic", &definition)?;
    let mut simulation = channel.ledger().simulate("fill")?;
    for (key, value) in [("a", r#"{"n":1}"#), ("b", r#"{"n":2}"#), ("c", "no document")] {
        simulation.put("basic", key, value.into())?;
        simulation.put_private("basic", "secrets", key, value.into())?;
    }
    channel.commit_unsigned(simulation.finish(), "fill".to_owned())?;
    Ok(channel)
}

/// Transaction `t1` of the chaincode `basic` on the channel `ch`.
#[derive(Debug)]
pub struct RunningTransaction(Arc<Context>);

impl RunningTransaction {
    /// Starts the transaction.
    pub fn begin() -> Result<Self, DefinitionError> {
        let channel = Arc::clone(&CHANNEL);
        let definition = channel.definition("basic")?.unwrap_or_default();
        let simulation = SharedSimulation::new(channel.ledger().simulate("t1")?);
        let target = Target { channel, chaincode: "basic".to_owned(), definition, id: "basic:1".to_owned() };
        let call = ChaincodeCall {
            input: ChaincodeInput::default(),
            transaction_id: "t1".to_owned(),
            proposal: Arc::new(SignedProposal::default()),
            creator: None,
            simulation,
        };
        let callees = Arc::new(ChaincodeSupport::new(ChaincodeLimits::default()));
        Ok(Self(Arc::new(Context::new(callees, 2, target, call))))
    }

    /// Answers a request of the chaincode.
    #[must_use]
    pub fn answer(&self, request: ChaincodeMessage) -> ChaincodeMessage {
        match handlers::answer(request, &self.0) {
            Answer::Now(answer) => answer,
            Answer::Later(answer) => RUNTIME.block_on(answer),
        }
    }

    /// Ends the transaction and returns the size of its public read/write set in bytes.
    #[must_use]
    pub fn end(self) -> usize {
        prost::Message::encoded_len(&self.0.shared_simulation().results().public)
    }
}
