//! Evaluates a policy over identities.

use super::{Rule, SignaturePolicy};
use crate::identity::Identity;

impl SignaturePolicy {
    /// Returns whether identities, whose signatures were verified, satisfy the policy together.
    ///
    /// Each identity counts once, and for the first rule in the policy's order that takes it (Fabric 3.1
    /// `common/cauthdsl`): `AND('A.member', 'A.admin')` refuses the admin and the client of A in this order, and takes
    /// them in the other one.
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
    /// Marks the identities that it used; what it marks when it does not hold is for the caller to throw away.
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
