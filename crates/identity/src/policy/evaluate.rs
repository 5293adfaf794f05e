//! Evaluates a policy over identities.

use super::{Rule, SignaturePolicy};
use crate::identity::Identity;

impl SignaturePolicy {
    /// Returns whether the identities together satisfy the policy. Their signatures must already be verified.
    ///
    /// Each identity counts once, for the first rule in the policy's order that it matches (Fabric 3.1
    /// `common/cauthdsl`): `AND('A.member', 'A.admin')` rejects the admin and the client of A in this order, and
    /// accepts them in the other one.
    #[must_use]
    pub fn is_satisfied_by<'a>(&self, identities: impl IntoIterator<Item = &'a Identity>) -> bool {
        let mut distinct: Vec<&Identity> = Vec::new();
        for identity in identities {
            if !distinct.iter().any(|known| known.is_same(identity)) {
                distinct.push(identity);
            }
        }
        let mut used = vec![false; distinct.len()];
        self.rule.holds(&distinct, &mut used)
    }
}

impl Rule {
    /// Marks the identities that it uses. If the result is false, the caller must discard the marks.
    fn holds(&self, identities: &[&Identity], used: &mut Vec<bool>) -> bool {
        match self {
            Self::SignedBy(principal) => {
                let mut candidates = identities.iter().zip(used.iter_mut());
                let found = candidates.find(|(identity, used)| !**used && identity.satisfies(principal));
                found.map(|(_, used)| *used = true).is_some()
            }
            Self::OutOf { n, rules } => {
                let mut held = 0;
                for rule in rules {
                    let mut tried = used.clone();
                    if rule.holds(identities, &mut tried) {
                        held += 1;
                        *used = tried;
                    }
                }
                held >= *n
            }
        }
    }
}
