//! Checks that a transaction is endorsed as the policies of its keys, collections and namespaces require.
//!
//! As in Fabric 3.1 `core/handlers/validation/builtin/v20` and `core/common/validation/statebased`, the policy of a
//! key overrides that of its collection, which overrides that of its chaincode. A called chaincode that has written
//! nothing needs the endorsements of its own policy.

use std::collections::BTreeSet;
use std::sync::Arc;

use ccs_channel::{IMPLICIT, LIFECYCLE};
use ccs_identity::{Identity, Msp, MspManager, Principal, Role, SignaturePolicy};
use ccs_proto::common::SignaturePolicyEnvelope;
use ccs_proto::peer::TxValidationCode as Code;
use prost::Message;

use super::action::Checked;
use super::envelope::Action;
use super::{StateKey, Stop, ValidationContext};
use crate::policies::{ChaincodePolicies, EndorsementPolicy};

/// Policies of a channel with the default configuration: a majority of the organizations endorse, each with one of
/// its peers.
#[derive(Clone, Debug)]
pub struct ChannelPolicies {
    endorsement: Option<SignaturePolicy>,
    organizations: Vec<(String, SignaturePolicy)>,
}

impl ChannelPolicies {
    /// Creates the policies of a channel with these organizations.
    #[must_use]
    pub fn new(msps: &MspManager) -> Self {
        let peers: Vec<_> = msps.msps().iter().map(peer_of).collect();
        let organizations = msps
            .msps()
            .iter()
            .zip(&peers)
            .map(|(msp, peer)| (msp.id().to_string(), SignaturePolicy::any_of(vec![peer.clone()])));
        Self { organizations: organizations.collect(), endorsement: majority(&peers) }
    }

    /// Returns the effective policy, which is the channel's policy if `policy` refers to it; [`None`] if that one
    /// cannot be satisfied.
    #[must_use]
    pub fn effective<'a>(&'a self, policy: &'a EndorsementPolicy) -> Option<&'a SignaturePolicy> {
        match policy {
            EndorsementPolicy::Channel => self.endorsement.as_ref(),
            EndorsementPolicy::Signature(policy) => Some(policy),
        }
    }

    fn resolve<'a>(&'a self, policy: &'a EndorsementPolicy) -> Result<&'a SignaturePolicy, Code> {
        self.effective(policy).ok_or(Code::EndorsementPolicyFailure)
    }

    /// Returns the policy for writes to the implicit collection of an organization.
    fn of_implicit_collection(&self, collection: &str) -> Option<&SignaturePolicy> {
        let organization = collection.strip_prefix(IMPLICIT)?;
        self.organizations.iter().find(|(id, _)| id == organization).map(|(_, policy)| policy)
    }
}

/// Returns the principal for the peers of an organization, or for all members if its MSP does not distinguish peers.
fn peer_of(msp: &Arc<Msp>) -> Principal {
    let role = if msp.settings().node_units.is_some() { Role::Peer } else { Role::Member };
    Principal::role(msp.id().clone(), role)
}

/// Returns a policy that requires more than half of the principals; [`None`] if there are none.
fn majority(principals: &[Principal]) -> Option<SignaturePolicy> {
    let any = SignaturePolicy::any_of(principals.to_vec());
    if principals.len() <= 1 {
        return (!principals.is_empty()).then_some(any);
    }
    let listed = principals.iter().map(|principal| {
        let (msp_id, role) = match principal {
            Principal::Role { msp_id, role } => (msp_id.as_str(), *role),
            _ => return String::new(),
        };
        format!(", '{msp_id}.{role}'")
    });
    let text = format!("OutOf({}{})", principals.len() / 2 + 1, listed.collect::<String>());
    text.parse().ok()
}

/// Identities whose endorsements are valid.
struct Endorsers(Vec<Arc<Identity>>);

impl Endorsers {
    /// Verifies endorsements and drops those that are invalid.
    fn of(action: &Action, msps: &MspManager) -> Self {
        let payload = &action.endorsed.proposal_response_payload;
        let valid = action.endorsed.endorsements.iter().filter_map(|endorsement| {
            let identity = msps.identify(&endorsement.endorser).ok()?;
            let message = [payload.as_slice(), &endorsement.endorser].concat();
            msps.verify(&identity, &message, &endorsement.signature).ok()?;
            Some(identity)
        });
        Self(valid.collect())
    }

    fn satisfy(&self, policy: &SignaturePolicy) -> Result<(), Code> {
        let enough = policy.is_satisfied_by(self.0.iter().map(AsRef::as_ref));
        if enough { Ok(()) } else { Err(Code::EndorsementPolicyFailure) }
    }
}

/// Checks that all writes of a transaction are endorsed.
pub(super) fn check(action: &Action, checked: &Checked, context: &ValidationContext<'_>) -> Result<(), Stop> {
    let endorsers = Endorsers::of(action, context.msps);
    for (namespace, keys) in &checked.writes {
        check_namespace(namespace, keys, &endorsers, context)?;
    }
    Ok(())
}

fn check_namespace(
    namespace: &str,
    keys: &BTreeSet<StateKey>,
    endorsers: &Endorsers,
    context: &ValidationContext<'_>,
) -> Result<(), Stop> {
    let policies = context.view.policies(namespace).filter(|_| namespace != LIFECYCLE);
    for key in keys {
        if context.changed_policies.contains(key) {
            return Err(Code::EndorsementPolicyFailure.into());
        }
        if let Some(policy) = context.view.key_policy(key)? {
            endorsers.satisfy(&decode(&policy)?)?;
        } else if let Some(policy) = collection_policy(key, policies.as_deref(), context)? {
            endorsers.satisfy(policy)?;
        } else {
            endorsers.satisfy(chaincode_policy(policies.as_deref(), context)?)?;
        }
    }
    if keys.is_empty() {
        endorsers.satisfy(chaincode_policy(policies.as_deref(), context)?)?;
    }
    Ok(())
}

fn decode(policy: &[u8]) -> Result<SignaturePolicy, Code> {
    let envelope = SignaturePolicyEnvelope::decode(policy).map_err(|_| Code::EndorsementPolicyFailure)?;
    SignaturePolicy::from_envelope(&envelope).map_err(|_| Code::EndorsementPolicyFailure)
}

/// Returns the policy of the key's collection; [`None`] if the chaincode's policy applies.
fn collection_policy<'a>(
    key: &StateKey,
    policies: Option<&'a ChaincodePolicies>,
    context: &'a ValidationContext<'_>,
) -> Result<Option<&'a SignaturePolicy>, Code> {
    let Some(name) = &key.collection else { return Ok(None) };
    if let Some(policy) = context.policies.of_implicit_collection(name) {
        return Ok(Some(policy));
    }
    let collection = policies.and_then(|policies| policies.collection(name));
    let policy = &collection.ok_or(Code::EndorsementPolicyFailure)?.endorsement_policy;
    policy.as_ref().map(|policy| context.policies.resolve(policy)).transpose()
}

fn chaincode_policy<'a>(
    policies: Option<&'a ChaincodePolicies>,
    context: &'a ValidationContext<'_>,
) -> Result<&'a SignaturePolicy, Code> {
    let policy = policies.map_or(&EndorsementPolicy::Channel, |policies| &policies.endorsement_policy);
    context.policies.resolve(policy)
}
