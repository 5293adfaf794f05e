//! The policies that a transaction must satisfy.

use std::collections::HashSet;
use std::rc::Rc;

use ccs_identity::{Rule, SignaturePolicy};
use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};
use prost::Message as _;

use crate::error::LayoutError;
use crate::filter::endorsement_policy;
use crate::view::Chaincode;

/// Returns the policies of the called chaincodes and collections, without those of keys.
pub(crate) fn of_calls(
    interest: &ChaincodeInterest,
    chaincodes: &[Rc<Chaincode>],
) -> Result<Vec<SignaturePolicy>, LayoutError> {
    let mut all = Vec::new();
    for (call, chaincode) in interest.chaincodes.iter().zip(chaincodes) {
        let policies = of_call(call, chaincode);
        if policies.iter().any(|policy| !has_principal(policy.rule())) {
            return Err(LayoutError::NoPolicy);
        }
        let is_alone = policies.len() == 1;
        if call.disregard_namespace_policy && is_alone && call.key_policies.is_empty() {
            return Err(LayoutError::NothingLeft(call.name.clone()));
        }
        // The peer drops the first policy, whichever it is.
        all.extend(policies.into_iter().skip(usize::from(call.disregard_namespace_policy)));
    }
    Ok(all)
}

/// Returns the distinct policies of the keys that the calls write.
pub(crate) fn of_keys(interest: &ChaincodeInterest) -> Result<Vec<SignaturePolicy>, LayoutError> {
    let mut distinct = Distinct::default();
    for envelope in interest.chaincodes.iter().flat_map(|call| &call.key_policies) {
        let policy = SignaturePolicy::from_envelope(envelope).map_err(|_| LayoutError::IncomparableKey)?;
        distinct.add(policy);
    }
    Ok(distinct.policies)
}

/// Returns the distinct policies of a call: those of its collections, or that of the namespace.
fn of_call(call: &ChaincodeCall, chaincode: &Chaincode) -> Vec<SignaturePolicy> {
    if call.collection_names.is_empty() {
        return vec![chaincode.policy.clone()];
    }
    let mut distinct = Distinct::default();
    for name in &call.collection_names {
        distinct.add(endorsement_policy(chaincode, name).unwrap_or_else(|| chaincode.policy.clone()));
    }
    distinct.policies
}

/// Policies without repetitions, in order of appearance.
#[derive(Default)]
struct Distinct {
    policies: Vec<SignaturePolicy>,
    encoded: HashSet<Vec<u8>>,
}

impl Distinct {
    fn add(&mut self, policy: SignaturePolicy) {
        if self.encoded.insert(policy.to_envelope().encode_to_vec()) {
            self.policies.push(policy);
        }
    }
}

fn has_principal(rule: &Rule) -> bool {
    match rule {
        Rule::SignedBy(_) => true,
        Rule::OutOf { rules, .. } => rules.iter().any(has_principal),
    }
}
