//! Rules for the collections of a proposed definition (Fabric 3.1 `core/chaincode/lifecycle/scc.go`).

use std::collections::HashSet;

use ccs_channel::collections::is_name;
use ccs_channel::members;
use ccs_identity::{MspManager, Principal, Rule};
use ccs_proto::peer::collection_config::Payload;
use ccs_proto::peer::{CollectionConfigPackage, StaticCollectionConfig};

/// Reason why a definition may not have the proposed collections.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CollectionRuleError {
    #[error("collection config contains unexpected payload type: <nil>")]
    Payload,
    #[error(
        "invalid collection name '{0}'. Names can only consist of alphanumerics, '_', and '-' and cannot begin with '_'"
    )]
    Name(String),
    #[error("collection-name: {0} -- found duplicate in collection configuration")]
    Twice(String),
    #[error(
        "collection-name: {name} -- maximum peer count ({maximum}) cannot be less than the required peer count ({required})"
    )]
    Maximum { name: String, maximum: i32, required: i32 },
    #[error("collection-name: {name} -- requiredPeerCount ({required}) cannot be less than zero")]
    Required { name: String, required: i32 },
    #[error("collection member policy is not set for collection '{0}'")]
    NoMembers(String),
    #[error("collection member org policy is empty for collection '{0}'")]
    EmptyPolicy(String),
    #[error("invalid member org policy for collection '{name}': {reason}")]
    Policy { name: String, reason: String },
    #[error(
        "collection-name: {name} -- error in member org policy: signature policy is not an OR concatenation, NOutOf {n}"
    )]
    NotOr { name: String, n: u32 },
    #[error("collection-name: {name} -- collection member '{organization}' is not part of the channel")]
    Stranger { name: String, organization: String },
    #[error("collection-name: {name} -- principal type {kind} is not supported")]
    Principal { name: String, kind: String },
    #[error("the proposed collection config does not contain previously defined collections")]
    AllGone,
    #[error("existing collection [{0}] missing in the proposed collection configuration")]
    Gone(String),
    #[error("the BlockToLive in an existing collection [{name}] modified. Existing value [{existing}]")]
    BlockToLive { name: String, existing: u64 },
}

/// Checks the collections of a proposed definition against the channel and the committed collections.
pub(super) fn check(
    proposed: &CollectionConfigPackage,
    committed: Option<&CollectionConfigPackage>,
    msps: &MspManager,
) -> Result<(), CollectionRuleError> {
    let proposed = read(proposed)?;
    let mut names = HashSet::new();
    for collection in &proposed {
        if !is_name(&collection.name) {
            return Err(CollectionRuleError::Name(collection.name.clone()));
        }
        if !names.insert(&collection.name) {
            return Err(CollectionRuleError::Twice(collection.name.clone()));
        }
        check_one(collection, msps)?;
    }
    let committed = committed.map_or_else(|| Ok(Vec::new()), read)?;
    if proposed.is_empty() && !committed.is_empty() {
        return Err(CollectionRuleError::AllGone);
    }
    for existing in committed {
        let name = existing.name.clone();
        match proposed.iter().find(|collection| collection.name == existing.name) {
            None => return Err(CollectionRuleError::Gone(name)),
            Some(collection) if collection.block_to_live != existing.block_to_live => {
                return Err(CollectionRuleError::BlockToLive { name, existing: existing.block_to_live });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn read(package: &CollectionConfigPackage) -> Result<Vec<&StaticCollectionConfig>, CollectionRuleError> {
    let collection = |payload: &Option<Payload>| payload.is_some();
    if !package.config.iter().all(|config| collection(&config.payload)) {
        return Err(CollectionRuleError::Payload);
    }
    let payloads = package.config.iter().filter_map(|config| config.payload.as_ref());
    Ok(payloads.map(|Payload::StaticCollectionConfig(collection)| collection).collect())
}

fn check_one(collection: &StaticCollectionConfig, msps: &MspManager) -> Result<(), CollectionRuleError> {
    let name = || collection.name.clone();
    let (maximum, required) = (collection.maximum_peer_count, collection.required_peer_count);
    if maximum < required {
        return Err(CollectionRuleError::Maximum { name: name(), maximum, required });
    }
    if required < 0 {
        return Err(CollectionRuleError::Required { name: name(), required });
    }
    if collection.member_orgs_policy.is_none() {
        return Err(CollectionRuleError::NoMembers(name()));
    }
    let policy = members(collection)
        .map_err(|error| CollectionRuleError::Policy { name: name(), reason: error.to_string() })?
        .ok_or_else(|| CollectionRuleError::EmptyPolicy(name()))?;
    check_gates(&collection.name, policy.rule())?;
    check_members(&collection.name, policy.rule(), msps)
}

/// Checks that any single member in a rule satisfies it.
fn check_gates(name: &str, rule: &Rule) -> Result<(), CollectionRuleError> {
    match rule {
        Rule::OutOf { n: 1, rules } => rules.iter().try_for_each(|rule| check_gates(name, rule)),
        Rule::OutOf { n, .. } => Err(CollectionRuleError::NotOr { name: name.to_owned(), n: *n }),
        Rule::SignedBy(_) => Ok(()),
    }
}

/// Checks that all organizations in a rule belong to the channel.
fn check_members(name: &str, rule: &Rule, msps: &MspManager) -> Result<(), CollectionRuleError> {
    let name_of = || name.to_owned();
    match rule {
        Rule::OutOf { rules, .. } => rules.iter().try_for_each(|rule| check_members(name, rule, msps)),
        Rule::SignedBy(Principal::Unsupported(kind)) => {
            Err(CollectionRuleError::Principal { name: name_of(), kind: kind.clone() })
        }
        Rule::SignedBy(principal) => {
            let organization = principal.msp_id().map(ToString::to_string).unwrap_or_default();
            match msps.msp(&organization) {
                Some(_) => Ok(()),
                None => Err(CollectionRuleError::Stranger { name: name_of(), organization }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ccs_identity::SignaturePolicy;
    use ccs_proto::peer::collection_policy_config::Payload as Members;
    use ccs_proto::peer::{CollectionConfig, CollectionPolicyConfig};

    use super::*;

    fn msps() -> MspManager {
        MspManager::new(vec![Arc::clone(ccs_testkit::organization().msp())])
    }

    fn collection(name: &str) -> StaticCollectionConfig {
        with_members(name, "OR('Org1MSP.member')")
    }

    fn with_members(name: &str, policy: &str) -> StaticCollectionConfig {
        let policy = policy.parse::<SignaturePolicy>().unwrap().to_envelope();
        StaticCollectionConfig {
            name: name.to_owned(),
            member_orgs_policy: Some(CollectionPolicyConfig {
                payload: Some(Members::SignaturePolicy(policy)),
            }),
            maximum_peer_count: 1,
            ..StaticCollectionConfig::default()
        }
    }

    fn package(collections: &[StaticCollectionConfig]) -> CollectionConfigPackage {
        let config = collections.iter().map(|collection| CollectionConfig {
            payload: Some(Payload::StaticCollectionConfig(collection.clone())),
        });
        CollectionConfigPackage { config: config.collect() }
    }

    #[test]
    fn collections_are_checked_one_by_one() {
        let msps = msps();
        let refused = |collections: &[StaticCollectionConfig]| {
            check(&package(collections), None, &msps).unwrap_err().to_string()
        };
        assert_eq!(check(&package(&[collection("a"), collection("-b_c")]), None, &msps), Ok(()));
        assert_eq!(
            refused(&[collection("_a")]),
            "invalid collection name '_a'. Names can only consist of alphanumerics, '_', and '-' and cannot begin with '_'"
        );
        assert_eq!(
            refused(&[collection("a"), collection("a")]),
            "collection-name: a -- found duplicate in collection configuration"
        );
        assert_eq!(
            refused(&[StaticCollectionConfig { required_peer_count: 2, ..collection("a") }]),
            "collection-name: a -- maximum peer count (1) cannot be less than the required peer count (2)"
        );
        assert_eq!(
            refused(&[StaticCollectionConfig { required_peer_count: -1, ..collection("a") }]),
            "collection-name: a -- requiredPeerCount (-1) cannot be less than zero"
        );
        let twice = StaticCollectionConfig { required_peer_count: 2, ..collection("a") };
        assert_eq!(
            refused(&[collection("a"), twice]),
            "collection-name: a -- found duplicate in collection configuration"
        );
        let empty = Some(CollectionPolicyConfig { payload: None });
        assert_eq!(
            refused(&[StaticCollectionConfig { member_orgs_policy: empty, ..collection("a") }]),
            "collection member org policy is empty for collection 'a'"
        );
        assert_eq!(
            refused(&[with_members("a", "OR('Org9MSP.member', AND('Org1MSP.member', 'Org1MSP.admin'))")]),
            "collection-name: a -- error in member org policy: signature policy is not an OR concatenation, NOutOf 2"
        );
        assert_eq!(
            refused(&[StaticCollectionConfig { member_orgs_policy: None, ..collection("a") }]),
            "collection member policy is not set for collection 'a'"
        );
        assert_eq!(
            refused(&[with_members("a", "AND('Org1MSP.member', 'Org1MSP.admin')")]),
            "collection-name: a -- error in member org policy: signature policy is not an OR concatenation, NOutOf 2"
        );
        assert_eq!(
            refused(&[with_members("a", "OR('Org1MSP.member', 'Org9MSP.member')")]),
            "collection-name: a -- collection member 'Org9MSP' is not part of the channel"
        );
        let empty = CollectionConfigPackage { config: vec![CollectionConfig { payload: None }] };
        assert_eq!(check(&empty, None, &msps), Err(CollectionRuleError::Payload));
    }

    #[test]
    fn collections_stay_and_live_as_long_as_before() {
        let msps = msps();
        let committed = package(&[collection("a")]);
        let after = |collections: &[StaticCollectionConfig]| {
            check(&package(collections), Some(&committed), &msps).map_err(|error| error.to_string())
        };
        assert_eq!(after(&[collection("b"), collection("a")]), Ok(()));
        assert_eq!(
            after(&[]).unwrap_err(),
            "the proposed collection config does not contain previously defined collections"
        );
        assert_eq!(
            after(&[collection("b")]).unwrap_err(),
            "existing collection [a] missing in the proposed collection configuration"
        );
        assert_eq!(
            after(&[StaticCollectionConfig { block_to_live: 5, ..collection("a") }]).unwrap_err(),
            "the BlockToLive in an existing collection [a] modified. Existing value [0]"
        );
        assert_eq!(check(&package(&[]), Some(&package(&[])), &msps), Ok(()));
    }
}
