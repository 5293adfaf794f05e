//! Queries for installed packages, approvals and committed definitions. They write nothing.

use std::collections::BTreeMap;

use ccs_channel::{Approval, Definition, DefinitionError};
use ccs_ledger::{Simulation, SimulationError};
use ccs_proto::lifecycle::query_approved_chaincode_definitions_result::ApprovedChaincodeDefinition;
use ccs_proto::lifecycle::query_chaincode_definitions_result::ChaincodeDefinition;
use ccs_proto::lifecycle::query_installed_chaincode_result::{Chaincode, References};
use ccs_proto::lifecycle::{
    QueryApprovedChaincodeDefinitionResult, QueryApprovedChaincodeDefinitionsResult,
    QueryChaincodeDefinitionResult, QueryChaincodeDefinitionsResult, QueryInstalledChaincodeResult,
    QueryInstalledChaincodesResult,
};

use super::call::LifecycleCall;
use crate::packages::Installed;

/// Returns all installed packages.
pub(super) fn installed(call: &LifecycleCall<'_>) -> QueryInstalledChaincodesResult {
    let installed = call.packages.installed().into_iter().map(|package| describe(call, package));
    QueryInstalledChaincodesResult { installed_chaincodes: installed.collect() }
}

/// Returns one installed package.
pub(super) fn one_installed(call: &LifecycleCall<'_>, id: &str) -> Option<QueryInstalledChaincodeResult> {
    let package = call.packages.installed().into_iter().find(|package| package.package_id == id)?;
    Some(describe(call, package))
}

/// Adds to a package the definitions that use it, by channel.
fn describe(call: &LifecycleCall<'_>, package: Installed) -> QueryInstalledChaincodeResult {
    let mut references = BTreeMap::new();
    for channel in call.channels.iter() {
        let uses = call.executor.packages_in_use(channel).into_iter();
        let uses = uses.filter(|used| used.package_id == package.package_id);
        let chaincodes: Vec<_> =
            uses.map(|used| Chaincode { name: used.chaincode, version: used.version }).collect();
        if !chaincodes.is_empty() {
            references.insert(channel.name().to_owned(), References { chaincodes });
        }
    }
    QueryInstalledChaincodeResult { package_id: package.package_id, label: package.label, references }
}

/// Returns an organization's approval for a sequence number; for 0, that for the next sequence number, or else for
/// the committed one.
pub(super) fn approved(
    simulation: &mut Simulation,
    organization: &str,
    (chaincode, sequence): (&str, i64),
) -> Result<Option<QueryApprovedChaincodeDefinitionResult>, DefinitionError> {
    let approval = if sequence == 0 {
        let current = Definition::sequence(simulation, chaincode)?.unwrap_or_default();
        match Approval::read(simulation, organization, (chaincode, current.saturating_add(1)))? {
            Some(next) => Some(next),
            None => Approval::read(simulation, organization, (chaincode, current))?,
        }
    } else {
        Approval::read(simulation, organization, (chaincode, sequence))?
    };
    Ok(approval.map(|approval| {
        let source = Some(approval.source());
        let Definition {
            sequence,
            version,
            init_required,
            endorsement_plugin,
            validation_plugin,
            validation_parameter,
            collections,
        } = approval.definition;
        QueryApprovedChaincodeDefinitionResult {
            sequence,
            version,
            endorsement_plugin,
            validation_plugin,
            validation_parameter,
            collections: Some(collections),
            init_required,
            source,
        }
    }))
}

/// Returns all approvals of an organization, sorted by name and sequence number.
pub(super) fn all_approved(
    simulation: &mut Simulation,
    organization: &str,
) -> Result<QueryApprovedChaincodeDefinitionsResult, DefinitionError> {
    let mut approved = Vec::new();
    for (name, sequence) in Approval::names(simulation, organization)? {
        let Some(approval) = Approval::read(simulation, organization, (&name, sequence))? else { continue };
        let source = Some(approval.source());
        let definition = approval.definition;
        approved.push(ApprovedChaincodeDefinition {
            name,
            sequence,
            version: definition.version,
            endorsement_plugin: definition.endorsement_plugin,
            validation_plugin: definition.validation_plugin,
            validation_parameter: definition.validation_parameter,
            collections: Some(definition.collections),
            init_required: definition.init_required,
            source,
        });
    }
    Ok(QueryApprovedChaincodeDefinitionsResult { approved_chaincode_definitions: approved })
}

/// Returns a committed definition and the organizations that approved it.
pub(super) fn committed(
    simulation: &mut Simulation,
    name: &str,
    organizations: &[&str],
) -> Result<Option<QueryChaincodeDefinitionResult>, DefinitionError> {
    let Some(definition) = Definition::read(simulation, name)? else { return Ok(None) };
    let approvals = organizations.iter().map(|organization| {
        let differences = definition.differences(simulation, organization, name)?;
        Ok::<_, SimulationError>(((*organization).to_owned(), differences.is_none()))
    });
    let approvals = approvals.collect::<Result<_, _>>()?;
    Ok(Some(QueryChaincodeDefinitionResult {
        sequence: definition.sequence,
        version: definition.version,
        endorsement_plugin: definition.endorsement_plugin,
        validation_plugin: definition.validation_plugin,
        validation_parameter: definition.validation_parameter,
        collections: Some(definition.collections),
        init_required: definition.init_required,
        approvals,
    }))
}

/// Returns all committed definitions, sorted by name.
pub(super) fn all_committed(
    simulation: &mut Simulation,
) -> Result<QueryChaincodeDefinitionsResult, DefinitionError> {
    let mut definitions = Vec::new();
    for name in Definition::names(simulation)? {
        let Some(definition) = Definition::read(simulation, &name)? else { continue };
        definitions.push(ChaincodeDefinition {
            name,
            sequence: definition.sequence,
            version: definition.version,
            endorsement_plugin: definition.endorsement_plugin,
            validation_plugin: definition.validation_plugin,
            validation_parameter: definition.validation_parameter,
            collections: Some(definition.collections),
            init_required: definition.init_required,
        });
    }
    Ok(QueryChaincodeDefinitionsResult { chaincode_definitions: definitions })
}
