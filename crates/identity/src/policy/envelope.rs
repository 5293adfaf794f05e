//! Encodes and decodes policies: `common.SignaturePolicyEnvelope`.

use ccs_proto::common;
use ccs_proto::common::msp_principal::Classification;
use ccs_proto::common::signature_policy::{NOutOf, Type};
use ccs_proto::msp::SerializedIdentity;
use prost::Message as _;

use super::{MAX_DEPTH, Principal, Rule, SignaturePolicy};
use crate::certificate::{Certificate, CertificateError};
use crate::msp::serialized_identity;
use crate::msp_id::MspIdError;
use crate::role::Role;

/// Error from decoding a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The bytes are not an envelope.
    #[error("the signature policy cannot be decoded: {0}")]
    Undecodable(String),
    /// The version is not 0, the only one that Fabric knows.
    #[error("the signature policy has version {0}; only version 0 is supported")]
    Version(i32),
    /// A rule has no type.
    #[error("a rule of the signature policy has no type")]
    NoRule,
    /// A rule refers to a principal that does not exist.
    #[error("the signature policy refers to identity {index}, but has only {count}")]
    Index {
        /// Index in the rule.
        index: i32,
        /// Number of principals.
        count: usize,
    },
    /// The rules are nested too deeply.
    #[error("the signature policy's rules are nested deeper than {MAX_DEPTH}")]
    Depth,
    /// A principal cannot be read.
    #[error("a principal of the signature policy cannot be read: {0}")]
    Principal(String),
}

impl From<MspIdError> for EnvelopeError {
    fn from(error: MspIdError) -> Self {
        Self::Principal(error.to_string())
    }
}

impl From<prost::DecodeError> for EnvelopeError {
    fn from(error: prost::DecodeError) -> Self {
        Self::Principal(error.to_string())
    }
}

impl From<CertificateError> for EnvelopeError {
    fn from(error: CertificateError) -> Self {
        Self::Principal(error.to_string())
    }
}

impl SignaturePolicy {
    /// Decodes a policy from the bytes of an envelope.
    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let envelope = common::SignaturePolicyEnvelope::decode(bytes);
        Self::from_envelope(&envelope.map_err(|error| EnvelopeError::Undecodable(error.to_string()))?)
    }

    /// Decodes a policy from an envelope.
    pub fn from_envelope(envelope: &common::SignaturePolicyEnvelope) -> Result<Self, EnvelopeError> {
        if envelope.version != 0 {
            return Err(EnvelopeError::Version(envelope.version));
        }
        let principals =
            envelope.identities.iter().map(Principal::from_wire).collect::<Result<Vec<_>, _>>()?;
        let rule = envelope.rule.as_ref().ok_or(EnvelopeError::NoRule)?;
        Ok(Self { rule: Rule::from_wire(rule, &principals, 0)? })
    }

    /// Encodes the policy exactly as the peer command encodes the same text, since approvals compare the bytes.
    ///
    /// Principals are numbered in the order in which a peer evaluates them: those of inner gates before those of the
    /// outer gate, and repeated ones each time (Fabric 3.1 `common/policydsl`).
    #[must_use]
    pub fn to_envelope(&self) -> common::SignaturePolicyEnvelope {
        let mut identities = Vec::new();
        let rule = self.rule.to_wire(&mut identities);
        common::SignaturePolicyEnvelope { version: 0, rule: Some(rule), identities }
    }
}

impl Rule {
    fn from_wire(
        rule: &common::SignaturePolicy,
        principals: &[Principal],
        depth: usize,
    ) -> Result<Self, EnvelopeError> {
        match rule.r#type.as_ref().ok_or(EnvelopeError::NoRule)? {
            Type::SignedBy(index) => {
                let principal = usize::try_from(*index).ok().and_then(|index| principals.get(index));
                let missing = EnvelopeError::Index { index: *index, count: principals.len() };
                principal.cloned().map(Self::SignedBy).ok_or(missing)
            }
            Type::NOutOf(_) if depth == MAX_DEPTH => Err(EnvelopeError::Depth),
            Type::NOutOf(gate) => {
                let rules = gate.rules.iter().map(|rule| Self::from_wire(rule, principals, depth + 1));
                // A negative number is always satisfied, like zero.
                Ok(Self::OutOf {
                    n: u32::try_from(gate.n).unwrap_or(0),
                    rules: rules.collect::<Result<_, _>>()?,
                })
            }
        }
    }

    fn to_wire(&self, identities: &mut Vec<common::MspPrincipal>) -> common::SignaturePolicy {
        let (n, rules) = match self {
            Self::SignedBy(principal) => return signed_by(principal, identities),
            Self::OutOf { n, rules } => (i32::try_from(*n).unwrap_or(i32::MAX), rules),
        };
        let gates = rules.iter().map(|rule| match rule {
            Self::SignedBy(_) => None,
            Self::OutOf { .. } => Some(rule.to_wire(identities)),
        });
        let gates: Vec<_> = gates.collect();
        let all = gates.into_iter().zip(rules);
        let rules = all.map(|(gate, rule)| gate.unwrap_or_else(|| rule.to_wire(identities))).collect();
        common::SignaturePolicy { r#type: Some(Type::NOutOf(NOutOf { n, rules })) }
    }
}

fn signed_by(principal: &Principal, identities: &mut Vec<common::MspPrincipal>) -> common::SignaturePolicy {
    let index = i32::try_from(identities.len()).unwrap_or(i32::MAX);
    identities.push(principal.to_wire());
    common::SignaturePolicy { r#type: Some(Type::SignedBy(index)) }
}

impl Principal {
    /// Decodes a principal.
    pub fn from_wire(principal: &common::MspPrincipal) -> Result<Self, EnvelopeError> {
        let content = principal.principal.as_slice();
        let kind = principal.principal_classification;
        let known = Classification::try_from(kind);
        match known.map_err(|_| EnvelopeError::Principal(format!("unknown kind {kind}")))? {
            Classification::Role => {
                let role = common::MspRole::decode(content)?;
                let known = Role::from_wire(role.role);
                let known =
                    known.ok_or_else(|| EnvelopeError::Principal(format!("unknown role {}", role.role)))?;
                Ok(Self::Role { msp_id: role.msp_identifier.parse()?, role: known })
            }
            Classification::OrganizationUnit => {
                let unit = common::OrganizationUnit::decode(content)?;
                Ok(Self::Unit {
                    msp_id: unit.msp_identifier.parse()?,
                    unit: unit.organizational_unit_identifier,
                    certifiers: unit.certifiers_identifier,
                })
            }
            Classification::Identity => {
                let identity = SerializedIdentity::decode(content)?;
                let certificate = Box::new(Certificate::from_pem(&identity.id_bytes)?);
                Ok(Self::Identity { msp_id: identity.mspid.parse()?, certificate })
            }
            Classification::Anonymity => Ok(Self::Unsupported("anonymity".to_owned())),
            Classification::Combined => Ok(Self::Unsupported("combined".to_owned())),
        }
    }

    /// Encodes the principal. An unsupported one keeps only its kind.
    #[must_use]
    pub fn to_wire(&self) -> common::MspPrincipal {
        let (kind, principal) = match self {
            Self::Role { msp_id, role } => {
                let role = common::MspRole { msp_identifier: msp_id.to_string(), role: role.wire().into() };
                (Classification::Role, role.encode_to_vec())
            }
            Self::Unit { msp_id, unit, certifiers } => {
                let unit = common::OrganizationUnit {
                    msp_identifier: msp_id.to_string(),
                    organizational_unit_identifier: unit.clone(),
                    certifiers_identifier: certifiers.clone(),
                };
                (Classification::OrganizationUnit, unit.encode_to_vec())
            }
            Self::Identity { msp_id, certificate } => {
                let content = serialized_identity(msp_id, certificate.pem().into_bytes());
                (Classification::Identity, content)
            }
            Self::Unsupported(name) if name == "anonymity" => (Classification::Anonymity, Vec::new()),
            Self::Unsupported(_) => (Classification::Combined, Vec::new()),
        };
        common::MspPrincipal { principal_classification: kind.into(), principal }
    }
}
