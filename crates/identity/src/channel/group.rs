//! Groups, values and policies: the parts of a channel's configuration.

use std::collections::BTreeMap;

use ccs_proto::common::implicit_meta_policy::Rule as Quantity;
use ccs_proto::common::policy::PolicyType;
use ccs_proto::common::{
    Capabilities, Capability, ConfigGroup, ConfigPolicy, ConfigValue, ImplicitMetaPolicy, Policy,
};
use prost::Message;

use super::msp_config;
use crate::msp::Msp;
use crate::policy::{Principal, SignaturePolicy};
use crate::role::Role;

/// Policy for changes of the configuration. This peer allows none, but readers expect the name.
const MOD_POLICY: &str = "Admins";

/// Values of a group by name.
pub(super) type Values = BTreeMap<String, ConfigValue>;

/// Returns the group of an organization that has its MSP and policies only.
pub(super) fn organization_group(msp: &Msp, readers: &[Role], writers: &[Role]) -> ConfigGroup {
    let policies = [
        signed("Readers", msp, readers),
        signed("Writers", msp, writers),
        signed("Admins", msp, &[Role::Admin]),
    ];
    ConfigGroup {
        values: BTreeMap::from([value("MSP", &msp_config::msp_config(msp.settings()))]),
        policies: BTreeMap::from(policies),
        ..group()
    }
}

pub(super) fn group() -> ConfigGroup {
    ConfigGroup { mod_policy: MOD_POLICY.to_owned(), ..Default::default() }
}

pub(super) fn value(name: &str, message: &impl Message) -> (String, ConfigValue) {
    let value = ConfigValue { version: 0, value: message.encode_to_vec(), mod_policy: MOD_POLICY.to_owned() };
    (name.to_owned(), value)
}

pub(super) fn capability(name: &str) -> (String, ConfigValue) {
    value("Capabilities", &Capabilities { capabilities: [(name.to_owned(), Capability {})].into() })
}

pub(super) fn usual_policies() -> BTreeMap<String, ConfigPolicy> {
    BTreeMap::from([
        meta("Readers", Quantity::Any, "Readers"),
        meta("Writers", Quantity::Any, "Writers"),
        meta("Admins", Quantity::Majority, "Admins"),
    ])
}

/// Returns a policy over the policies with the given name in the subgroups.
pub(super) fn meta(name: &str, quantity: Quantity, below: &str) -> (String, ConfigPolicy) {
    let policy = ImplicitMetaPolicy { sub_policy: below.to_owned(), rule: quantity.into() };
    (name.to_owned(), config_policy(PolicyType::ImplicitMeta, policy.encode_to_vec()))
}

pub(super) fn signed(name: &str, msp: &Msp, roles: &[Role]) -> (String, ConfigPolicy) {
    let principals = roles.iter().map(|role| Principal::role(msp.id().clone(), *role));
    let policy = SignaturePolicy::any_of(principals.collect());
    (name.to_owned(), config_policy(PolicyType::Signature, policy.to_envelope().encode_to_vec()))
}

fn config_policy(kind: PolicyType, value: Vec<u8>) -> ConfigPolicy {
    let policy = Policy { r#type: kind.into(), value };
    ConfigPolicy { version: 0, policy: Some(policy), mod_policy: MOD_POLICY.to_owned() }
}
