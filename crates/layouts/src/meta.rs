//! Implicit meta policies as signature policies.

use ccs_identity::SignaturePolicy;
use ccs_proto::common::implicit_meta_policy::Rule;

/// Returns the signature policy that an implicit meta policy of a channel means: a number of the policies of its
/// organizations (Fabric 3.1 `common/policies/{implicitmeta,convert}.go`).
#[must_use]
pub fn implicit_meta(rule: Rule, organizations: Vec<SignaturePolicy>) -> SignaturePolicy {
    let count = u32::try_from(organizations.len()).unwrap_or(u32::MAX);
    let n = match rule {
        Rule::Any => 1,
        Rule::All => count,
        Rule::Majority => count / 2 + 1,
    };
    SignaturePolicy::out_of(n, organizations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_number_of_organizations() {
        let policy = |rule, count: usize| {
            let organizations = (1..=count).map(|n| format!("OR('Org{n}MSP.peer')").parse().unwrap());
            implicit_meta(rule, organizations.collect()).to_string()
        };
        assert_eq!(policy(Rule::Any, 2), "OR(OR('Org1MSP.peer'), OR('Org2MSP.peer'))");
        assert_eq!(policy(Rule::All, 2), "AND(OR('Org1MSP.peer'), OR('Org2MSP.peer'))");
        assert_eq!(policy(Rule::Majority, 1), "OR(OR('Org1MSP.peer'))");
        assert_eq!(policy(Rule::Majority, 2), "AND(OR('Org1MSP.peer'), OR('Org2MSP.peer'))");
        assert_eq!(
            policy(Rule::Majority, 3),
            "OutOf(2, OR('Org1MSP.peer'), OR('Org2MSP.peer'), OR('Org3MSP.peer'))"
        );
    }
}
