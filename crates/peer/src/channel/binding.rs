//! Under which ID a chaincode of a channel runs: the package that the peer's organization has approved, or what is said
//! apart from approvals, as a peer in development mode lets its user run the chaincode.

use std::sync::PoisonError;

use super::Channel;
use crate::definition::{Approval, Definition, DefinitionError};

/// The ID under which a chaincode runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunAs {
    /// It was bound to the ID.
    Bound(String),
    /// The ID of the package that was approved; empty when the approval names none.
    Package(String),
}

/// What is said about a chaincode apart from approvals. It holds until an approval says otherwise.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    id: String,
    /// Sequence number and approved package when it was said.
    seen: Option<(i64, Option<String>)>,
}

/// The package that was approved with a definition, as it was read.
#[derive(Clone, Debug)]
pub(super) struct Approved {
    sequence: i64,
    /// None without an approval.
    package: Option<String>,
    /// How many blocks there were at least: it is current as long as there are no more.
    height: u64,
}

impl Channel {
    /// Says under which ID a chaincode of this channel runs, until its organization approves another one.
    pub fn bind(&self, chaincode: &str, id: &str) {
        let seen = self.definition(chaincode).ok().flatten().and_then(|definition| {
            let approved = self.approved_package(chaincode, &definition).ok()?;
            Some((definition.sequence, approved))
        });
        let binding = Binding { id: id.to_owned(), seen };
        let mut bindings = self.bindings.write().unwrap_or_else(PoisonError::into_inner);
        bindings.insert(chaincode.to_owned(), binding);
    }

    /// Gives the ID under which a chaincode runs; [`None`] if its organization has not approved the definition.
    pub(crate) fn run_as(
        &self,
        chaincode: &str,
        definition: &Definition,
    ) -> Result<Option<RunAs>, DefinitionError> {
        let approved = self.approved_package(chaincode, definition)?;
        let bindings = self.bindings.read().unwrap_or_else(PoisonError::into_inner);
        let Some(Binding { id, seen }) = bindings.get(chaincode) else {
            return Ok(approved.map(RunAs::Package));
        };
        let is_as_it_was = seen
            .as_ref()
            .is_some_and(|(sequence, package)| *sequence == definition.sequence && *package == approved);
        Ok(Some(match approved {
            Some(package) if !is_as_it_was && !package.is_empty() => RunAs::Package(package),
            _ => RunAs::Bound(id.clone()),
        }))
    }

    /// Gives the package that the peer's organization has approved with a definition; it may be empty.
    fn approved_package(
        &self,
        chaincode: &str,
        definition: &Definition,
    ) -> Result<Option<String>, DefinitionError> {
        let Some(own) = &self.own else { return Ok(None) };
        let (sequence, height) = (definition.sequence, self.ledger.height());
        let known = self.approved.read().unwrap_or_else(PoisonError::into_inner).get(chaincode).cloned();
        if let Some(known) = known.filter(|known| known.sequence == sequence && known.height == height) {
            return Ok(known.package);
        }
        let package = self.read_approved(own.as_str(), chaincode, definition)?;
        let approved = Approved { sequence, package: package.clone(), height };
        self.approved.write().unwrap_or_else(PoisonError::into_inner).insert(chaincode.to_owned(), approved);
        Ok(package)
    }

    fn read_approved(
        &self,
        own: &str,
        chaincode: &str,
        definition: &Definition,
    ) -> Result<Option<String>, DefinitionError> {
        // Read aside: approvals do not belong to the read set of what the chaincode does.
        let mut aside = self.ledger.simulate("")?;
        if !definition.differences(&mut aside, own, chaincode)?.is_none() {
            return Ok(None);
        }
        let approval = Approval::read(&mut aside, own, (chaincode, definition.sequence))?;
        Ok(approval.map(|approval| approval.package_id))
    }
}
