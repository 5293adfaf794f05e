//! A combination of principals that must endorse, as numbers.
//!
//! For each organization, a requirement says how many endorsers it must have in total, and how many of them for each
//! principal other than "any member". Every such principal is also a member, so the endorser for
//! `Org1MSP.peer` counts in the total of its organization. Two requirements are thus joined by the maximum of each
//! number: the result is the smallest requirement that contains both.

/// Numbers of endorsers, by the number of a principal or an organization; sorted, without zeros.
type Counts = Vec<(u32, u32)>;

/// Combination of principals, each with a number of endorsers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requirement {
    /// By principal, except for members.
    specific: Counts,
    /// By organization, including those of its specific principals.
    total: Counts,
}

impl Requirement {
    /// Returns the requirement of one endorser of an organization, who must match the principal if there is one.
    pub(crate) fn one(organization: u32, principal: Option<u32>) -> Self {
        Self { specific: principal.map(|id| (id, 1)).into_iter().collect(), total: vec![(organization, 1)] }
    }

    /// Returns the requirement of different endorsers for each of the two.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self {
            specific: combine(&self.specific, &other.specific, u32::saturating_add),
            total: combine(&self.total, &other.total, u32::saturating_add),
        }
    }

    /// Returns the smallest requirement that contains both. `organization_of` returns the organization of a principal.
    pub(crate) fn join(&self, other: &Self, organization_of: impl Fn(u32) -> u32) -> Self {
        let specific = combine(&self.specific, &other.specific, u32::max);
        let mut needed: Counts = specific.iter().map(|(id, count)| (organization_of(*id), *count)).collect();
        needed.sort_unstable();
        needed.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 = if is_same { kept.1.saturating_add(next.1) } else { kept.1 };
            is_same
        });
        let total = combine(&combine(&self.total, &other.total, u32::max), &needed, u32::max);
        Self { specific, total }
    }

    /// Returns whether every set of endorsers that satisfies the other requirement also satisfies this one.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        contains(&other.specific, &self.specific) && contains(&other.total, &self.total)
    }

    /// Returns the principals with their counts: specific ones first, then `Err(organization)` for further members.
    pub(crate) fn parts(&self, organization_of: impl Fn(u32) -> u32) -> Vec<(Result<u32, u32>, u32)> {
        let mut parts: Vec<_> = self.specific.iter().map(|(id, count)| (Ok(*id), *count)).collect();
        for (organization, total) in &self.total {
            let specific = self.specific.iter().filter(|(id, _)| organization_of(*id) == *organization);
            let further = specific.fold(*total, |left, (_, count)| left.saturating_sub(*count));
            if further > 0 {
                parts.push((Err(*organization), further));
            }
        }
        parts
    }

    /// Returns the amount of memory and of work that the requirement stands for.
    pub(crate) fn size(&self) -> usize {
        1 + self.specific.len() + self.total.len()
    }
}

/// Combines counts entry by entry; an absent entry is zero.
fn combine(left: &Counts, right: &Counts, both: impl Fn(u32, u32) -> u32) -> Counts {
    let mut combined = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().copied().peekable(), right.iter().copied().peekable());
    loop {
        let next = match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a.0 == b.0 => {
                let entry = (a.0, both(a.1, b.1));
                right.next();
                left.next();
                Some(entry)
            }
            (Some(a), Some(b)) if a.0 < b.0 => left.next(),
            (Some(_), None) => left.next(),
            (_, _) => right.next(),
        };
        match next {
            Some(entry) => combined.push(entry),
            None => return combined,
        }
    }
}

/// Returns whether each count of `few` is at most that in `many`.
fn contains(many: &Counts, few: &Counts) -> bool {
    let mut many = many.iter();
    few.iter().all(|(id, count)| {
        many.find(|(other, _)| other >= id).is_some_and(|(other, n)| other == id && n >= count)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Principals 0 to 9 belong to organization 0, 10 to 19 to organization 1.
    fn organization_of(id: u32) -> u32 {
        id / 10
    }

    /// Adds up specific principals, and members of organizations as negative numbers: -1 is organization 0.
    fn requirement(parts: &[i32]) -> Requirement {
        let one = |part: &i32| match u32::try_from(*part) {
            Ok(id) => Requirement::one(organization_of(id), Some(id)),
            Err(_) => Requirement::one(part.unsigned_abs() - 1, None),
        };
        parts.iter().map(one).fold(Requirement::default(), |sum, next| sum.plus(&next))
    }

    #[test]
    fn a_join_has_no_more_endorsers_than_both_need() {
        for (left, right, expected) in [
            (&[1][..], &[-1][..], &[1][..]),
            (&[-1], &[-1], &[-1]),
            (&[1], &[2], &[1, 2]),
            (&[1], &[11], &[1, 11]),
            (&[-1, 1], &[-1, 2], &[1, 2]),
            (&[-1, 1], &[-1, 1], &[-1, 1]),
            (&[-1, -1], &[1], &[-1, 1]),
            (&[-1, 11], &[1, -2], &[1, 11]),
            (&[1, 1], &[-1, -1, -1], &[-1, 1, 1]),
        ] {
            let (left, right, expected) = (requirement(left), requirement(right), requirement(expected));
            assert_eq!(left.join(&right, organization_of), expected);
            assert_eq!(right.join(&left, organization_of), expected);
            assert!(left.is_within(&expected) && right.is_within(&expected));
        }
    }

    #[test]
    fn a_requirement_is_within_one_with_more() {
        assert!(requirement(&[-1]).is_within(&requirement(&[1])));
        assert!(!requirement(&[1]).is_within(&requirement(&[-1])));
        assert!(!requirement(&[1]).is_within(&requirement(&[2, 11])));
        assert!(!requirement(&[1, 1]).is_within(&requirement(&[1])));
    }

    #[test]
    fn the_parts_are_the_principals_that_were_added() {
        let parts = requirement(&[-1, 1, -1, 11, 1]).parts(organization_of);
        assert_eq!(parts, [(Ok(1), 2), (Ok(11), 1), (Err(0), 2)]);
    }
}
