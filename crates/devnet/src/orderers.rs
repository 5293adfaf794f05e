//! The orderer's address in the configuration of a channel, from which discovery tells clients.

use ccs_ledger::Ledger;
use ccs_proto::common::{ConfigEnvelope, ConfigGroup, Envelope, OrdererAddresses, Payload};
use prost::Message as _;

/// Returns a warning if a channel names orderers at other addresses than the given one, where the orderer listens. This is
/// so if an earlier start, which created the channel, had other ports.
pub(crate) fn moved(ledger: &Ledger, address: &str) -> Option<String> {
    // Other readers of the block report what is wrong with it.
    let named = named(ledger).unwrap_or_default();
    let other = named.first().filter(|_| !named.iter().any(|named| named == address))?;
    Some(format!(
        "channel {} names the orderer at {other}, but it listens on {address}: use the ports of the first start, or a new \
         folder for --state",
        ledger.name()
    ))
}

/// Returns the addresses in the first block of a channel: those of the orderers' organizations, and those of the channel.
fn named(ledger: &Ledger) -> Option<Vec<String>> {
    let block = ledger.block(0).ok()??;
    let envelope = Envelope::decode(block.data?.data.first()?.as_slice()).ok()?;
    let payload = Payload::decode(envelope.payload.as_slice()).ok()?;
    let channel = ConfigEnvelope::decode(payload.data.as_slice()).ok()?.config?.channel_group?;
    let organizations = channel.groups.get("Orderer").into_iter().flat_map(|orderer| orderer.groups.values());
    let own = organizations.flat_map(|organization| addresses(organization, "Endpoints"));
    Some(own.chain(addresses(&channel, "OrdererAddresses")).collect())
}

fn addresses(group: &ConfigGroup, name: &str) -> Vec<String> {
    let value = group.values.get(name).map(|value| value.value.as_slice()).unwrap_or_default();
    OrdererAddresses::decode(value).unwrap_or_default().addresses
}
