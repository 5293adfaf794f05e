//! The rights of a registrar, by its attributes (Fabric CA 1.5 `lib/attr`).

use super::Identity;
use crate::document::Attribute;

const ROLES: &str = "hf.Registrar.Roles";
const REGISTRAR_ATTRIBUTES: &str = "hf.Registrar.Attributes";
const REVOKER: &str = "hf.Revoker";

/// Attributes of the registrar that the CA starts with: all rights.
pub(super) const OF_REGISTRAR: [(&str, &str); 7] = [
    (ROLES, "*"),
    ("hf.Registrar.DelegateRoles", "*"),
    (REVOKER, "true"),
    ("hf.IntermediateCA", "true"),
    ("hf.GenCRL", "true"),
    (REGISTRAR_ATTRIBUTES, "*"),
    ("hf.AffiliationMgr", "true"),
];

/// Attributes that the CA itself sets for each registered identity: name, type and affiliation.
pub(super) const OF_CA: [&str; 3] = ["hf.EnrollmentID", "hf.Type", "hf.Affiliation"];

/// Returns whether an identity may register another one.
pub(super) fn may_register(
    registrar: &Identity,
    kind: &str,
    affiliation: &str,
    attributes: &[Attribute],
) -> bool {
    let attributes = attributes.iter().all(|attribute| may_give(registrar, attribute));
    manages(registrar, kind, affiliation) && attributes
}

/// Returns whether an identity may revoke any other one.
pub(super) fn is_revoker(revoker: &Identity) -> bool {
    revoker.attribute(REVOKER) == Some("true")
}

/// Returns whether an identity may revoke another one.
pub(super) fn may_revoke(revoker: &Identity, other: &Identity) -> bool {
    is_revoker(revoker) && manages(revoker, &other.kind, &other.affiliation)
}

fn manages(registrar: &Identity, kind: &str, affiliation: &str) -> bool {
    let is_own_type = registrar.attribute(ROLES).is_some_and(|roles| has(roles, kind));
    let below = affiliation.strip_prefix(registrar.affiliation.as_str());
    // A level ends at a dot, and the root contains all levels.
    let is_below = below
        .is_some_and(|rest| registrar.affiliation.is_empty() || rest.is_empty() || rest.starts_with('.'));
    is_own_type && is_below
}

/// Returns whether a registrar may give an attribute.
fn may_give(registrar: &Identity, attribute: &Attribute) -> bool {
    let name = attribute.name.as_str();
    let patterns = registrar.attribute(REGISTRAR_ATTRIBUTES).unwrap_or_default();
    let is_allowed = list(patterns).any(|pattern| match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => name == pattern,
    });
    // The CA interprets these: a registrar can pass on only the rights that it has.
    let is_right = !name.starts_with("hf.")
        || registrar.attribute(name).is_some_and(|own| list(&attribute.value).all(|value| has(own, value)));
    !name.is_empty() && !OF_CA.contains(&name) && is_allowed && is_right
}

/// Returns whether a list has a value; `*` stands for all.
fn has(values: &str, wanted: &str) -> bool {
    list(values).any(|value| value == "*" || value == wanted)
}

fn list(values: &str) -> impl Iterator<Item = &str> {
    values.split(',').map(str::trim).filter(|value| !value.is_empty())
}
