//! Compares layouts with a reference that tries all sets of peers, for small policies and networks.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop, as tests do")]

use ccs_identity::{MspId, Principal, Role, Rule, SignaturePolicy};
use ccs_layouts::{Chaincode, ChannelView, Endorser, Endorsers, LayoutError};
use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};
use proptest::prelude::*;

/// Fake peer that has every chaincode.
#[derive(Clone, Debug)]
struct FakePeer {
    organization: MspId,
    role: Role,
}

impl Endorser for FakePeer {
    fn satisfies(&self, principal: &Principal) -> bool {
        let Principal::Role { msp_id, role } = principal else { return false };
        *msp_id == self.organization && (*role == Role::Member || *role == self.role)
    }

    fn has(&self, _: &str, _: &str) -> bool {
        true
    }
}

fn organization() -> impl Strategy<Value = MspId> {
    prop_oneof![Just("Org1MSP"), Just("Org2MSP"), Just("Org3MSP")].prop_map(|id| id.parse().unwrap())
}

fn principal() -> impl Strategy<Value = SignaturePolicy> {
    let role = prop_oneof![Just(Role::Member), Just(Role::Peer), Just(Role::Orderer)];
    (organization(), role).prop_map(|(id, role)| SignaturePolicy::any_of(vec![Principal::role(id, role)]))
}

/// Policies with two levels of gates that can be satisfied by their own.
fn policy() -> impl Strategy<Value = SignaturePolicy> {
    let gate = |inner: BoxedStrategy<SignaturePolicy>| {
        (proptest::collection::vec(inner, 1..4), 0..3_u32).prop_map(|(policies, n)| {
            let most = u32::try_from(policies.len()).unwrap();
            SignaturePolicy::out_of(1 + n % most, policies)
        })
    };
    gate(prop_oneof![principal().boxed(), gate(principal().boxed()).boxed()].boxed())
}

fn peers() -> impl Strategy<Value = Vec<FakePeer>> {
    let role = prop_oneof![Just(Role::Peer), Just(Role::Peer), Just(Role::Orderer)];
    let peer = (organization(), role).prop_map(|(organization, role)| FakePeer { organization, role });
    proptest::collection::vec(peer, 0..6)
}

/// Returns the lists of principals that satisfy a rule, without any limit.
fn lists(rule: &Rule) -> Vec<Vec<&Principal>> {
    let Rule::OutOf { n, rules } = rule else {
        let Rule::SignedBy(principal) = rule else { unreachable!() };
        return vec![vec![principal]];
    };
    let mut found = Vec::new();
    for chosen in 0..1_u32 << rules.len() {
        if chosen.count_ones() == *n {
            let mut partial = vec![Vec::new()];
            for rule in (0..rules.len()).filter(|i| chosen & (1 << i) != 0).map(|i| &rules[i]) {
                let choices = lists(rule);
                partial = partial
                    .iter()
                    .flat_map(|list: &Vec<&Principal>| {
                        choices.iter().map(move |next| [list.clone(), next.clone()].concat())
                    })
                    .collect();
            }
            found.extend(partial);
        }
    }
    found
}

/// Returns whether different peers can be assigned to all principals.
fn can_assign(principals: &[&Principal], peers: &[&FakePeer]) -> bool {
    let Some((first, others)) = principals.split_first() else { return true };
    (0..peers.len()).any(|i| {
        let mut left = peers.to_vec();
        left.swap_remove(i).satisfies(first) && can_assign(others, &left)
    })
}

/// Returns whether the peers can endorse under a policy.
fn satisfy(policy: &SignaturePolicy, peers: &[&FakePeer]) -> bool {
    lists(policy.rule()).iter().any(|list| can_assign(list, peers))
}

fn subsets(peers: &[FakePeer]) -> impl Iterator<Item = Vec<&FakePeer>> {
    (0..1_u32 << peers.len())
        .map(|chosen| (0..peers.len()).filter(|i| chosen & (1 << i) != 0).map(|i| &peers[i]).collect())
}

/// Returns each layout as a list of principals.
fn principals_of<'a>(found: &'a Endorsers<'_, FakePeer>) -> Vec<Vec<&'a Principal>> {
    let layouts = found.layouts.iter().map(|layout| {
        let each =
            layout.quantities.iter().map(|(index, count)| (&found.groups[*index].principal, *count as usize));
        each.flat_map(|(principal, count)| std::iter::repeat_n(principal, count)).collect()
    });
    layouts.collect()
}

fn endorsers<'a>(
    policies: &[SignaturePolicy],
    peers: &'a [FakePeer],
) -> Result<Endorsers<'a, FakePeer>, LayoutError> {
    let chaincode = |name: &str| {
        let policy = policies[name.parse::<usize>().unwrap()].clone();
        Some(Chaincode { version: "1".to_owned(), policy, collections: Vec::new() })
    };
    let call = |n: usize| ChaincodeCall { name: n.to_string(), ..ChaincodeCall::default() };
    let interest = ChaincodeInterest { chaincodes: (0..policies.len()).map(call).collect() };
    ChannelView { channel: "mychannel", chaincode: &chaincode, peers }.endorsers(&interest)
}

proptest! {
    #[test]
    fn layouts_are_what_satisfies_every_policy(
        policies in proptest::collection::vec(policy(), 1..4),
        peers in peers(),
    ) {
        let found = endorsers(&policies, &peers);
        let layouts = found.as_ref().map(principals_of).unwrap_or_default();
        for set in subsets(&peers) {
            let expected = policies.iter().all(|policy| satisfy(policy, &set));
            let contains_a_layout = layouts.iter().any(|layout| can_assign(layout, &set));
            prop_assert_eq!(contains_a_layout, expected, "{:?} {:?}", set, layouts);
        }
        if let Ok(found) = &found {
            for layout in &found.layouts {
                for (index, count) in &layout.quantities {
                    prop_assert!(found.groups[*index].peers.len() >= *count as usize);
                }
            }
        }
    }
}
