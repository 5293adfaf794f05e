//! Groups of peers, and layouts.

use std::collections::HashMap;

use ccs_identity::{Principal, SignaturePolicy};
use ccs_proto::peer::ChaincodeInterest;

use crate::error::LayoutError;
use crate::expand::{Expansion, Unusable};
use crate::filter::{Authorized, has_all};
use crate::policies;
use crate::requirement::Requirement;
use crate::view::{ChannelView, Endorser};

/// Peers that can endorse a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Endorsers<'a, P> {
    /// Groups that the layouts name, in order of appearance.
    pub groups: Vec<Group<'a, P>>,
    /// Layouts; each of them satisfies all policies. There is at least one.
    pub layouts: Vec<Layout>,
}

/// Peers that match a principal.
#[derive(Clone, Debug, PartialEq)]
pub struct Group<'a, P> {
    /// The principal.
    pub principal: Principal,
    /// Peers that match it and have all called chaincodes.
    pub peers: Vec<&'a P>,
}

/// Numbers of peers that suffice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Index of each group in [`Endorsers::groups`], with the number of its peers that must endorse.
    pub quantities: Vec<(usize, u32)>,
}

impl<'p, P: Endorser> ChannelView<'_, 'p, P> {
    /// Returns the peers that can endorse a transaction with these calls.
    pub fn endorsers(&self, interest: &ChaincodeInterest) -> Result<Endorsers<'p, P>, LayoutError> {
        if interest.chaincodes.is_empty() {
            return Err(LayoutError::NoCall);
        }
        let Authorized { chaincodes, peers } = self.authorize(interest)?;
        let of_calls = policies::of_calls(interest, &chaincodes)?;
        let mut expansion = Expansion::new();
        let combinations = combinations(&mut expansion, interest, &of_calls)?;
        let (mut table, layouts) = Table::of(&expansion, &combinations, &peers);
        let mut layouts = satisfied(layouts, &table.groups).ok_or(LayoutError::NoPeers)?;
        for group in &mut table.groups {
            group.peers.retain(|peer| has_all(*peer, interest, &chaincodes));
        }
        layouts = satisfied(layouts, &table.groups).ok_or(LayoutError::NotInstalled)?;
        Ok(without_unused(table.groups, layouts))
    }
}

/// Returns the combinations of principals that satisfy all policies.
fn combinations(
    expansion: &mut Expansion,
    interest: &ChaincodeInterest,
    of_calls: &[SignaturePolicy],
) -> Result<Vec<Requirement>, LayoutError> {
    let mut merged: Option<Vec<Requirement>> = None;
    let mut add = |policy: &SignaturePolicy| -> Result<(), Unusable> {
        let next = expansion.of_policy(policy)?;
        let all = match merged.take() {
            None => next,
            Some(known) => expansion.merge(&known, &next),
        };
        merged = Some(all);
        Ok(())
    };
    for policy in of_calls {
        add(policy).map_err(|reason| match reason {
            Unusable::Unsatisfiable => LayoutError::Unsatisfiable,
            Unusable::Incomparable => LayoutError::Incomparable,
        })?;
    }
    for policy in &policies::of_keys(interest)? {
        add(policy).map_err(|reason| match reason {
            Unusable::Unsatisfiable => LayoutError::UnsatisfiableKey,
            Unusable::Incomparable => LayoutError::IncomparableKey,
        })?;
    }
    // The limits may leave no combination, although each policy has one.
    merged.filter(|all| !all.is_empty()).ok_or(LayoutError::Unsatisfiable)
}

/// Groups, by the part of a requirement that they stand for.
struct Table<'a, P> {
    parts: HashMap<Result<u32, u32>, usize>,
    groups: Vec<Group<'a, P>>,
}

impl<'a, P: Endorser> Table<'a, P> {
    /// Returns the groups of all combinations, and the combinations as layouts.
    fn of(expansion: &Expansion, combinations: &[Requirement], peers: &[&'a P]) -> (Self, Vec<Layout>) {
        let principals = &expansion.principals;
        let mut table = Self { parts: HashMap::new(), groups: Vec::new() };
        let layouts = combinations.iter().map(|combination| {
            let parts = combination.parts(|id| principals.organization_of(id)).into_iter();
            let quantities = parts.filter_map(|(part, count)| {
                let next = table.groups.len();
                let index = *table.parts.entry(part).or_insert(next);
                if index == next {
                    let principal = principals.principal(part)?;
                    let peers = peers.iter().copied().filter(|peer| peer.satisfies(&principal)).collect();
                    table.groups.push(Group { principal, peers });
                }
                Some((index, count))
            });
            Layout { quantities: quantities.collect() }
        });
        let layouts = layouts.collect();
        (table, layouts)
    }
}

/// Returns the layouts for which each group has enough peers; [`None`] if there are none.
fn satisfied<P>(mut layouts: Vec<Layout>, groups: &[Group<'_, P>]) -> Option<Vec<Layout>> {
    let suffices = |(index, count): &(usize, u32)| {
        let peers = groups.get(*index).map_or(0, |group| group.peers.len());
        u32::try_from(peers).unwrap_or(u32::MAX) >= *count
    };
    layouts.retain(|layout| layout.quantities.iter().all(suffices));
    (!layouts.is_empty()).then_some(layouts)
}

/// Removes the groups that no layout names, and numbers the others in order of appearance.
fn without_unused<P>(groups: Vec<Group<'_, P>>, mut layouts: Vec<Layout>) -> Endorsers<'_, P> {
    let mut numbers = vec![None; groups.len()];
    let mut next = 0;
    for (index, _) in layouts.iter_mut().flat_map(|layout| &mut layout.quantities) {
        let number = &mut numbers[*index];
        *index = *number.get_or_insert_with(|| {
            next += 1;
            next - 1
        });
    }
    let mut kept: Vec<_> =
        numbers.into_iter().zip(groups).filter_map(|(number, group)| Some((number?, group))).collect();
    kept.sort_by_key(|(number, _)| *number);
    Endorsers { groups: kept.into_iter().map(|(_, group)| group).collect(), layouts }
}
