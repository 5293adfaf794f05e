//! Maps a chaincode of a channel to the ID under which it runs: the package that the peer's organization has
//! approved, or an explicit binding, as for chaincode that a user runs with a peer in development mode.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ccs_identity::MspId;
use ccs_ledger::Ledger;

use crate::approval::Approval;
use crate::definition::Definition;
use crate::record::DefinitionError;

/// ID under which a chaincode runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunAs {
    /// Explicit binding to an ID.
    Bound(String),
    /// ID of the approved package; empty if the approval names none.
    Package(String),
}

/// Explicit binding of a chaincode, valid until a later approval.
#[derive(Clone, Debug)]
struct Binding {
    id: String,
    /// Sequence number and approved package at the time of the binding.
    seen: Option<(i64, Option<String>)>,
}

/// Package approved with a definition, as read from the ledger.
#[derive(Clone, Debug)]
struct Approved {
    sequence: i64,
    /// [`None`] without an approval.
    package: Option<String>,
    /// Minimum number of blocks at the time of the read. The entry is current as long as there are no more.
    height: u64,
}

/// IDs of a channel's chaincodes, by name.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    /// The peer's organization, whose approvals apply.
    own: Option<MspId>,
    /// Explicit bindings.
    said: RwLock<HashMap<String, Binding>>,
    /// Approvals, cached from the ledger.
    approved: RwLock<HashMap<String, Approved>>,
}

impl Bindings {
    /// Creates the bindings for a peer of this organization.
    pub(crate) fn of_organization(id: MspId) -> Self {
        Self { own: Some(id), ..Self::default() }
    }

    /// Binds a chaincode to an ID, until the organization approves a different package or definition.
    pub(crate) fn bind(&self, ledger: &Ledger, chaincode: &str, id: &str, definition: Option<&Definition>) {
        let seen = definition.and_then(|definition| {
            let approved = self.approved_package(ledger, chaincode, definition).ok()?;
            Some((definition.sequence, approved))
        });
        let binding = Binding { id: id.to_owned(), seen };
        self.said.write().unwrap_or_else(PoisonError::into_inner).insert(chaincode.to_owned(), binding);
    }

    /// Returns the ID under which a chaincode runs; [`None`] if the organization has not approved the definition.
    pub(crate) fn run_as(
        &self,
        ledger: &Ledger,
        chaincode: &str,
        definition: &Definition,
    ) -> Result<Option<RunAs>, DefinitionError> {
        let approved = self.approved_package(ledger, chaincode, definition)?;
        let said = self.said.read().unwrap_or_else(PoisonError::into_inner);
        let Some(Binding { id, seen }) = said.get(chaincode) else {
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

    /// Returns the package that the organization has approved with a definition. It may be empty.
    fn approved_package(
        &self,
        ledger: &Ledger,
        chaincode: &str,
        definition: &Definition,
    ) -> Result<Option<String>, DefinitionError> {
        let Some(own) = &self.own else { return Ok(None) };
        let (sequence, height) = (definition.sequence, ledger.height());
        let known = self.approved.read().unwrap_or_else(PoisonError::into_inner).get(chaincode).cloned();
        if let Some(known) = known.filter(|known| known.sequence == sequence && known.height == height) {
            return Ok(known.package);
        }
        let package = read_approved(ledger, own, chaincode, definition)?;
        let approved = Approved { sequence, package: package.clone(), height };
        self.approved.write().unwrap_or_else(PoisonError::into_inner).insert(chaincode.to_owned(), approved);
        Ok(package)
    }
}

fn read_approved(
    ledger: &Ledger,
    own: &MspId,
    chaincode: &str,
    definition: &Definition,
) -> Result<Option<String>, DefinitionError> {
    // Use a separate simulation, since reads of approvals do not belong to the chaincode's read set.
    let mut aside = ledger.simulate("")?;
    if !definition.differences(&mut aside, own.as_str(), chaincode)?.is_none() {
        return Ok(None);
    }
    let approval = Approval::read(&mut aside, own.as_str(), (chaincode, definition.sequence))?;
    Ok(approval.map(|approval| approval.package_id))
}
