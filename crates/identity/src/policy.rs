//! Signature policies: which identities together are enough.

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

/// How deep gates may be nested: more than anybody writes, and less than any stack holds.
pub(crate) const MAX_DEPTH: usize = 32;

/// A signature policy: `common.SignaturePolicyEnvelope` on the wire, `OR('Org1MSP.member', 'Org2MSP.member')` as the
/// peer command takes it and as [`Display`](std::fmt::Display) writes it.
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

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One signature, by an identity that the principal means.
    SignedBy(Principal),
    /// Some of several rules, each by other identities.
    OutOf {
        /// How many rules must hold.
        n: u32,
        /// The rules.
        rules: Vec<Rule>,
    },
}

/// Means identities, by what they have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Those with a role in an organization.
    Role {
        /// The organization.
        msp_id: MspId,
        /// The role.
        role: Role,
    },
    /// Those with an organizational unit.
    Unit {
        /// The organization.
        msp_id: MspId,
        /// The value of OU in the subject.
        unit: String,
        /// SHA-256 of the chain that issued the certificate, from its issuer up to the root.
        certifiers: Vec<u8>,
    },
    /// A single identity.
    Identity {
        /// The organization.
        msp_id: MspId,
        /// The certificate.
        certificate: Box<Certificate>,
    },
    /// What no identity satisfies here: combined and anonymous principals, which need Idemix. Holds the name.
    Unsupported(String),
}

impl SignaturePolicy {
    /// Makes the policy that any one of the principals satisfies alone.
    #[must_use]
    pub fn any_of(principals: Vec<Principal>) -> Self {
        Self { rule: Rule::OutOf { n: 1, rules: principals.into_iter().map(Rule::SignedBy).collect() } }
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
    /// Makes the principal of a role.
    #[must_use]
    pub fn role(msp_id: MspId, role: Role) -> Self {
        Self::Role { msp_id, role }
    }

    /// Returns the organization, if the principal has one.
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
