//! The peers that may endorse a transaction: those that may have the values of the collections that it reads.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use ccs_identity::{MspId, Principal, Role, Rule, SignaturePolicy};
use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};
use prost::Message as _;

use crate::error::{LayoutError, MAX_INTEREST_IN_BYTES};
use crate::view::{Chaincode, ChannelView, Endorser};

/// Prefix of the name of an organization's implicit collection.
const IMPLICIT: &str = "_implicit_org_";

/// Called chaincodes, in the order of the calls, and the peers that may endorse all of the calls.
pub(crate) struct Authorized<'a, P> {
    pub(crate) chaincodes: Vec<Rc<Chaincode>>,
    pub(crate) peers: Vec<&'a P>,
}

impl<'p, P: Endorser> ChannelView<'_, 'p, P> {
    /// Returns the peers that have all called chaincodes and may have the values of the collections that are read.
    /// Without a call, these are all peers.
    pub fn authorized_peers(&self, interest: &ChaincodeInterest) -> Result<Vec<&'p P>, LayoutError> {
        let Authorized { chaincodes, mut peers } = self.authorize(interest)?;
        peers.retain(|peer| has_all(*peer, interest, &chaincodes));
        Ok(peers)
    }

    pub(crate) fn authorize(&self, interest: &ChaincodeInterest) -> Result<Authorized<'p, P>, LayoutError> {
        if interest.encoded_len() > MAX_INTEREST_IN_BYTES {
            return Err(LayoutError::TooLarge);
        }
        let mut known = HashMap::<&str, Rc<Chaincode>>::new();
        let (mut chaincodes, mut members) = (Vec::new(), Vec::new());
        for call in &interest.chaincodes {
            let chaincode = match known.entry(&call.name) {
                Entry::Occupied(found) => Rc::clone(found.get()),
                Entry::Vacant(new) => Rc::clone(new.insert(Rc::new(self.find(&call.name)?))),
            };
            if !call.no_private_reads {
                for name in &call.collection_names {
                    members.push(principals_of_members(call, &chaincode, name)?);
                }
            }
            chaincodes.push(chaincode);
        }
        let is_member = |peer: &P, any: &[Principal]| any.iter().any(|principal| peer.satisfies(principal));
        let is_authorized = |peer: &&P| members.iter().all(|any| is_member(peer, any));
        Ok(Authorized { chaincodes, peers: self.peers.iter().filter(is_authorized).collect() })
    }

    fn find(&self, chaincode: &str) -> Result<Chaincode, LayoutError> {
        (self.chaincode)(chaincode).ok_or_else(|| LayoutError::NoMetadata {
            chaincode: chaincode.to_owned(),
            channel: self.channel.to_owned(),
        })
    }
}

/// Returns whether a peer has all called chaincodes.
pub(crate) fn has_all<P: Endorser>(
    peer: &P,
    interest: &ChaincodeInterest,
    chaincodes: &[Rc<Chaincode>],
) -> bool {
    interest.chaincodes.iter().zip(chaincodes).all(|(call, known)| peer.has(&call.name, &known.version))
}

fn principals_of_members(
    call: &ChaincodeCall,
    chaincode: &Chaincode,
    name: &str,
) -> Result<Vec<Principal>, LayoutError> {
    if let Some(member) = member_of_implicit(name) {
        return Ok(vec![member]);
    }
    let collection = chaincode.collections.iter().find(|collection| collection.name == name);
    let collection = collection.ok_or_else(|| LayoutError::NoCollection {
        collection: name.to_owned(),
        chaincode: call.name.clone(),
    })?;
    let mut principals = Vec::new();
    collect_principals(collection.members.rule(), &mut principals);
    Ok(principals)
}

/// Returns the principal that is both member and endorser of an implicit collection; [`None`] for other collections.
fn member_of_implicit(name: &str) -> Option<Principal> {
    let id: MspId = name.strip_prefix(IMPLICIT)?.parse().ok()?;
    Some(Principal::role(id, Role::Member))
}

/// Returns the endorsement policy of a collection; [`None`] if that of the namespace applies.
pub(crate) fn endorsement_policy(chaincode: &Chaincode, name: &str) -> Option<SignaturePolicy> {
    if let Some(member) = member_of_implicit(name) {
        return Some(SignaturePolicy::any_of(vec![member]));
    }
    let collection = chaincode.collections.iter().find(|collection| collection.name == name);
    collection.and_then(|collection| collection.endorsement_policy.clone())
}

/// Adds the principals of a rule, in its order.
pub(crate) fn collect_principals(rule: &Rule, found: &mut Vec<Principal>) {
    match rule {
        Rule::SignedBy(principal) => found.push(principal.clone()),
        Rule::OutOf { rules, .. } => rules.iter().for_each(|rule| collect_principals(rule, found)),
    }
}
