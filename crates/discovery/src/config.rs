//! The organizations and orderers in the configuration of a channel (Fabric 3.1 `discovery/support/config`).

use std::collections::BTreeMap;

use ccs_proto::common::{Config, ConfigGroup, OrdererAddresses};
use ccs_proto::discovery::{ConfigResult, Endpoint, Endpoints};
use ccs_proto::msp::{FabricMspConfig, MspConfig};
use prost::Message;

/// Number of the MSP type that uses X.509 certificates; clients of discovery cannot use the other one.
const FABRIC: i32 = 0;

/// Returns the organizations of the channel and of its orderers, and the orderers' addresses. Fails with the reason if a
/// part is missing or cannot be decoded.
pub(crate) fn result(config: &Config) -> Result<ConfigResult, String> {
    let channel = config.channel_group.as_ref().ok_or("the configuration has no channel group")?;
    let group = |name: &str| channel.groups.get(name).ok_or(format!("the configuration has no group {name}"));
    let (orderers, application) = (group("Orderer")?, group("Application")?);
    let mut msps = BTreeMap::new();
    let mut addresses = BTreeMap::new();
    for organization in orderers.groups.values() {
        if let Some(msp) = msp_of(organization)? {
            let own = value::<OrdererAddresses>(organization, "Endpoints")?.unwrap_or_default();
            addresses.insert(msp.name.clone(), own.addresses);
            msps.entry(msp.name.clone()).or_insert(msp);
        }
    }
    for organization in application.groups.values() {
        if let Some(msp) = msp_of(organization)? {
            msps.entry(msp.name.clone()).or_insert(msp);
        }
    }
    if addresses.values().all(Vec::is_empty) {
        let of_channel =
            value::<OrdererAddresses>(channel, "OrdererAddresses")?.unwrap_or_default().addresses;
        for own in addresses.values_mut() {
            own.clone_from(&of_channel);
        }
    }
    let endpoints = |(msp_id, own): (String, Vec<String>)| {
        (msp_id, Endpoints { endpoint: own.iter().filter_map(|address| endpoint(address)).collect() })
    };
    Ok(ConfigResult { msps, orderers: addresses.into_iter().map(endpoints).collect() })
}

/// Returns the MSP of an organization; [`None`] if it is of another type.
fn msp_of(organization: &ConfigGroup) -> Result<Option<FabricMspConfig>, String> {
    let config: MspConfig = value(organization, "MSP")?.ok_or("an organization has no MSP")?;
    if config.r#type != FABRIC {
        return Ok(None);
    }
    let msp = FabricMspConfig::decode(config.config.as_slice());
    msp.map(Some).map_err(|error| format!("an MSP cannot be decoded: {error}"))
}

fn value<M: Message + Default>(group: &ConfigGroup, name: &str) -> Result<Option<M>, String> {
    let Some(value) = group.values.get(name) else { return Ok(None) };
    M::decode(value.value.as_slice())
        .map(Some)
        .map_err(|error| format!("the value {name} cannot be decoded: {error}"))
}

/// Returns an address as host and port; [`None`] if it is not `host:port`.
fn endpoint(address: &str) -> Option<Endpoint> {
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some(Endpoint { host: host.to_owned(), port: port.parse().ok()? })
}
