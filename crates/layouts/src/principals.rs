//! Numbers for principals and organizations.

use std::collections::HashMap;

use ccs_identity::{MspId, Principal, Role};
use prost::Message as _;

use crate::requirement::Requirement;

/// Principals and organizations that appear in the policies, numbered in order of appearance.
#[derive(Debug, Default)]
pub(crate) struct Principals {
    organizations: Vec<MspId>,
    organization_numbers: HashMap<MspId, u32>,
    /// Principals other than members, with the numbers of their organizations.
    specific: Vec<(Principal, u32)>,
    /// Numbers by encoded principal.
    specific_numbers: HashMap<Vec<u8>, u32>,
}

impl Principals {
    /// Returns the requirement of one endorser that matches the principal; [`None`] if its kind is not supported.
    pub(crate) fn requirement(&mut self, principal: &Principal) -> Option<Requirement> {
        let organization = self.organization_number(principal.msp_id()?);
        if let Principal::Role { role: Role::Member, .. } = principal {
            return Some(Requirement::one(organization, None));
        }
        let next = number(self.specific.len());
        let id = *self.specific_numbers.entry(principal.to_wire().encode_to_vec()).or_insert(next);
        if id == next {
            self.specific.push((principal.clone(), organization));
        }
        Some(Requirement::one(organization, Some(id)))
    }

    fn organization_number(&mut self, id: &MspId) -> u32 {
        let next = number(self.organizations.len());
        let known = *self.organization_numbers.entry(id.clone()).or_insert(next);
        if known == next {
            self.organizations.push(id.clone());
        }
        known
    }

    /// Returns the organization of a principal.
    pub(crate) fn organization_of(&self, id: u32) -> u32 {
        self.specific.get(index(id)).map_or(u32::MAX, |(_, organization)| *organization)
    }

    /// Returns a part of a requirement as a principal.
    pub(crate) fn principal(&self, part: Result<u32, u32>) -> Option<Principal> {
        match part {
            Ok(id) => self.specific.get(index(id)).map(|(principal, _)| principal.clone()),
            Err(organization) => {
                let msp_id = self.organizations.get(index(organization))?;
                Some(Principal::role(msp_id.clone(), Role::Member))
            }
        }
    }
}

/// Messages are far too short for more principals than this.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
