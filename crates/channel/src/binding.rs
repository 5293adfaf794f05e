//! Under which ID a chaincode of a channel runs: the package that the peer's organization has approved, or what is said
//! apart from approvals, as a peer in development mode lets its user run the chaincode.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ccs_identity::MspId;
use ccs_ledger::Ledger;

use crate::approval::Approval;
use crate::definition::Definition;
use crate::record::DefinitionError;

/// The ID under which a chaincode runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunAs {
    /// It was bound to the ID.
    Bound(String),
    /// The ID of the package that was approved; empty when the approval names none.
    Package(String),
}

/// What is said about a chaincode apart from approvals. It holds until an approval says otherwise.
#[derive(Clone, Debug)]
struct Binding {
    id: String,
    /// Sequence number and approved package when it was said.
    seen: Option<(i64, Option<String>)>,
}

/// The package that was approved with a definition, as it was read.
#[derive(Clone, Debug)]
struct Approved {
    sequence: i64,
    /// None without an approval.
    package: Option<String>,
    /// How many blocks there were at least: it is current as long as there are no more.
    height: u64,
}

/// The IDs of a channel's chaincodes, by their names.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    /// The peer's organization, whose approvals count.
    own: Option<MspId>,
    /// What is said apart from approvals.
    said: RwLock<HashMap<String, Binding>>,
    /// As the ledger has them.
    approved: RwLock<HashMap<String, Approved>>,
}

impl Bindings {
    /// Makes the bindings of a peer of this organization.
    pub(crate) fn of_organization(id: MspId) -> Self {
        Self { own: Some(id), ..Self::default() }
    }

    /// Binds a chaincode to an ID, until the organization approves another one than with this definition.
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

    /// Returns the package that the organization has approved with a definition; it may be empty.
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
    // Read aside: approvals do not belong to the read set of what the chaincode does.
    let mut aside = ledger.simulate("")?;
    if !definition.differences(&mut aside, own.as_str(), chaincode)?.is_none() {
        return Ok(None);
    }
    let approval = Approval::read(&mut aside, own.as_str(), (chaincode, definition.sequence))?;
    Ok(approval.map(|approval| approval.package_id))
}
