//! All combinations of principals that satisfy a policy, or several policies at once.

use ccs_identity::{Rule, SignaturePolicy};

use crate::principals::Principals;
use crate::requirement::Requirement;

/// Maximum number of combinations for a policy. A policy with more of them is satisfied by the first ones only; Fabric
/// removes random parts of such a policy.
pub const MAX_COMBINATIONS: usize = 10_000;

/// Maximum number of principals in all combinations that are made for a transaction: a fraction of a second. It ends the
/// search as [`MAX_COMBINATIONS`] does, and the transaction fails if nothing has been found until then.
const MAX_MADE: usize = 10_000_000;

/// Maximum number of principals in combinations that are compared. Above it, superfluous combinations stay.
const MAX_COMPARED: usize = 20_000_000;

/// Reason why a policy has no combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// No set of endorsers satisfies it.
    Unsatisfiable,
    /// A principal is of an unsupported kind.
    Incomparable,
}

/// Expands the policies of one transaction.
#[derive(Debug)]
pub(crate) struct Expansion {
    pub(crate) principals: Principals,
    left_to_make: usize,
    left_to_compare: usize,
}

impl Expansion {
    pub(crate) fn new() -> Self {
        Self { principals: Principals::default(), left_to_make: MAX_MADE, left_to_compare: MAX_COMPARED }
    }

    /// Returns the combinations that satisfy a policy, in its order. Those that occur twice stay.
    pub(crate) fn of_policy(&mut self, policy: &SignaturePolicy) -> Result<Vec<Requirement>, Unusable> {
        let combinations = self.of_rule(policy.rule())?;
        if combinations.is_empty() { Err(Unusable::Unsatisfiable) } else { Ok(combinations) }
    }

    fn of_rule(&mut self, rule: &Rule) -> Result<Vec<Requirement>, Unusable> {
        let (n, rules) = match rule {
            Rule::SignedBy(principal) => {
                return Ok(vec![self.principals.requirement(principal).ok_or(Unusable::Incomparable)?]);
            }
            Rule::OutOf { n, rules } => (usize::try_from(*n).unwrap_or(usize::MAX), rules),
        };
        if n > rules.len() {
            return Ok(Vec::new());
        }
        // A peer cannot compute with a gate that needs nothing.
        if n == 0 {
            return Err(Unusable::Unsatisfiable);
        }
        let choices = rules.iter().map(|rule| self.of_rule(rule)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.choose(n, choices))
    }

    /// Returns the sums of one combination each of `n` rules, for all choices of rules and combinations, up to the
    /// limits. Tries the choices in order, so that a limit leaves the first ones.
    fn choose(&mut self, n: usize, mut rules: Vec<Vec<Requirement>>) -> Vec<Requirement> {
        // Without them, the search reaches no dead end.
        rules.retain(|combinations| !combinations.is_empty());
        let mut found = Vec::new();
        // Chosen rule and combination, and the sum up to there.
        let mut path: Vec<(usize, usize, Requirement)> = Vec::new();
        let (mut rule, mut choice) = (0, 0);
        loop {
            let missing = n - path.len();
            if rule + missing > rules.len() {
                let Some((last, chosen, _)) = path.pop() else { return found };
                (rule, choice) = (last, chosen + 1);
                continue;
            }
            let Some(next) = rules[rule].get(choice) else {
                (rule, choice) = (rule + 1, 0);
                continue;
            };
            let sum = path.last().map_or_else(|| next.clone(), |(.., sum)| sum.plus(next));
            if found.len() == MAX_COMBINATIONS || !take(&mut self.left_to_make, sum.size()) {
                return found;
            }
            if missing == 1 {
                found.push(sum);
                choice += 1;
            } else {
                path.push((rule, choice, sum));
                (rule, choice) = (rule + 1, 0);
            }
        }
    }

    /// Returns the smallest combinations that satisfy both of two policies, up to the limits.
    pub(crate) fn merge(&mut self, left: &[Requirement], right: &[Requirement]) -> Vec<Requirement> {
        let mut merged: Vec<Requirement> = Vec::new();
        for a in left {
            for b in right {
                if merged.len() == MAX_COMBINATIONS || !take(&mut self.left_to_make, a.size() + b.size()) {
                    return merged;
                }
                let joined = a.join(b, |id| self.principals.organization_of(id));
                self.add_if_smallest(&mut merged, joined);
            }
        }
        merged
    }

    /// Adds a combination and removes those that contain it, unless it contains one itself.
    fn add_if_smallest(&mut self, merged: &mut Vec<Requirement>, next: Requirement) {
        if take(&mut self.left_to_compare, next.size().saturating_mul(merged.len())) {
            if merged.iter().any(|known| known.is_within(&next)) {
                return;
            }
            merged.retain(|known| !next.is_within(known));
        }
        merged.push(next);
    }
}

/// Takes an amount from a budget. Returns whether it was there.
fn take(budget: &mut usize, amount: usize) -> bool {
    let left = budget.checked_sub(amount);
    *budget = left.unwrap_or_default();
    left.is_some()
}
