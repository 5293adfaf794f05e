//! Implements [`ChaincodeExecutor`] for [`ChaincodeSupport`].

use std::sync::Arc;

use ccs_chaincode::{ChaincodeCall, ChaincodeSupport, Completed, Gap, Target, TransactionError};
use ccs_channel::Channel;
use ccs_ledger::Committed;
use ccs_ordering::ChaincodePolicies;

use crate::executor::{ChaincodeExecutor, PackageInUse};

#[tonic::async_trait]
impl ChaincodeExecutor for Arc<ChaincodeSupport> {
    fn policies(&self, channel: &Channel, chaincode: &str) -> Option<Arc<ChaincodePolicies>> {
        // An unreadable definition is treated as missing: nothing runs or commits under it.
        let definition = channel.definition(chaincode).ok()??;
        Some(Arc::new(ChaincodePolicies::from(&*definition)))
    }

    fn resolve(&self, channel: &Arc<Channel>, chaincode: &str) -> Result<Target, Gap> {
        ChaincodeSupport::resolve(self, channel, chaincode)
    }

    fn packages_in_use(&self, channel: &Arc<Channel>) -> Vec<PackageInUse> {
        let used = |name: String| {
            let Target { id, chaincode, definition, .. } = self.resolve(channel, &name).ok()?;
            Some(PackageInUse { package_id: id, chaincode, version: definition.version.clone() })
        };
        channel.defined().unwrap_or_default().into_iter().filter_map(used).collect()
    }

    async fn execute(&self, target: Target, call: ChaincodeCall) -> Result<Completed, TransactionError> {
        ChaincodeSupport::execute(self, target, call).await
    }

    fn copy(&self, channel: &Channel, block: &Committed) -> Option<String> {
        ChaincodeSupport::copy(channel, block)
    }

    fn committed(&self, block: &Committed) -> Vec<String> {
        ChaincodeSupport::committed(self, block)
    }
}
