//! Signature policies, which define the sets of identities that must sign.

mod envelope;
mod evaluate;
mod parse;
mod print;

use std::collections::BTreeSet;

use crate::certificate::Certificate;
use crate::msp_id::MspId;
use crate::role::Role;

pub use envelope::EnvelopeError;
pub use parse::PolicySyntaxError;

/// Maximum nesting of gates: deeper than policies in practice, and small enough for any stack.
pub(crate) const MAX_DEPTH: usize = 32;

/// Signature policy: `common.SignaturePolicyEnvelope` on the wire, and `OR('Org1MSP.member', 'Org2MSP.member')` as
/// text, which the peer command accepts and [`Display`](std::fmt::Display) prints.
///
/// ```
/// # fn main() -> Result<(), ccs_identity::PolicySyntaxError> {
/// let policy: ccs_identity::SignaturePolicy = "and( 'Org1MSP.peer','Org2MSP.peer' )".parse()?;
/// assert_eq!(policy.to_string(), "AND('Org1MSP.peer', 'Org2MSP.peer')");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignaturePolicy {
    rule: Rule,
}

/// Rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Requires one signature by an identity that matches the principal.
    SignedBy(Principal),
    /// Requires a number of rules to be satisfied, each by different identities.
    OutOf {
        /// Number of rules that must be satisfied.
        n: u32,
        /// The rules.
        rules: Vec<Rule>,
    },
}

/// Condition that identities can match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Matches identities with a role in an organization.
    Role {
        /// MSP ID of the organization.
        msp_id: MspId,
        /// Required role.
        role: Role,
    },
    /// Matches identities with an organizational unit.
    Unit {
        /// MSP ID of the organization.
        msp_id: MspId,
        /// Value of OU in the subject.
        unit: String,
        /// SHA-256 of the chain that issued the certificate, from its issuer up to the root.
        certifiers: Vec<u8>,
    },
    /// Matches a single identity.
    Identity {
        /// MSP ID of the organization.
        msp_id: MspId,
        /// Certificate of the identity.
        certificate: Box<Certificate>,
    },
    /// Matches no identity: combined and anonymous principals are not supported, since they require Idemix. Contains
    /// the name of the kind.
    Unsupported(String),
}

impl SignaturePolicy {
    /// Creates a policy that any one of the principals satisfies.
    #[must_use]
    pub fn any_of(principals: Vec<Principal>) -> Self {
        Self { rule: Rule::OutOf { n: 1, rules: principals.into_iter().map(Rule::SignedBy).collect() } }
    }

    /// Creates a policy that a number of other policies satisfy, each by different identities.
    #[must_use]
    pub fn out_of(n: u32, policies: Vec<Self>) -> Self {
        Self { rule: Rule::OutOf { n, rules: policies.into_iter().map(|policy| policy.rule).collect() } }
    }

    /// Returns the rule.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Returns the organizations that the policy names, sorted.
    #[must_use]
    pub fn organizations(&self) -> BTreeSet<&MspId> {
        let mut found = BTreeSet::new();
        self.rule.collect_organizations(&mut found);
        found
    }
}

impl Rule {
    fn collect_organizations<'a>(&'a self, found: &mut BTreeSet<&'a MspId>) {
        match self {
            Self::SignedBy(principal) => found.extend(principal.msp_id()),
            Self::OutOf { rules, .. } => rules.iter().for_each(|rule| rule.collect_organizations(found)),
        }
    }
}

impl Principal {
    /// Creates the principal for a role.
    #[must_use]
    pub fn role(msp_id: MspId, role: Role) -> Self {
        Self::Role { msp_id, role }
    }

    /// Returns the MSP ID of the organization, if the principal has one.
    #[must_use]
    pub fn msp_id(&self) -> Option<&MspId> {
        match self {
            Self::Role { msp_id, .. } | Self::Unit { msp_id, .. } | Self::Identity { msp_id, .. } => {
                Some(msp_id)
            }
            Self::Unsupported(_) => None,
        }
    }
}
