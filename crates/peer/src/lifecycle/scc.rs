//! Dispatches calls: checks the arguments and access, runs the function, and encodes its result or error.

use std::collections::BTreeMap;

use ccs_channel::access::SignedData;
use ccs_channel::{Approval, Channel, Definition, Differences};
use ccs_ledger::Simulation;
use ccs_proto::lifecycle::check_commit_readiness_result::Mismatches;
use ccs_proto::lifecycle::{
    ApproveChaincodeDefinitionForMyOrgArgs, ApproveChaincodeDefinitionForMyOrgResult,
    CheckCommitReadinessResult, CommitChaincodeDefinitionResult, GetInstalledChaincodePackageArgs,
    GetInstalledChaincodePackageResult, InstallChaincodeArgs, InstallChaincodeResult,
    QueryApprovedChaincodeDefinitionArgs, QueryChaincodeDefinitionArgs, QueryInstalledChaincodeArgs,
};
use ccs_proto::peer::Response;
use prost::Message;

use super::access::{self, Function};
use super::call::LifecycleCall;
use super::rules::RuleError;
use super::{collections, proposed, queries, rules};

/// Reason why a function has no result.
#[derive(Debug, PartialEq, Eq)]
enum Failure {
    /// Reported with status 404.
    Undefined(String),
    /// Reported with status 500.
    Backing(String),
}

/// Reports every error of the implementation in the same form.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Backing(error.to_string())
    }
}

/// Answers a call.
pub(crate) async fn invoke(call: LifecycleCall<'_>) -> Response {
    let (status, message, payload) = match dispatch(&call).await {
        Ok(payload) => (200, String::new(), payload),
        Err((status, message)) => (status, message, Vec::new()),
    };
    Response { status, message, payload }
}

async fn dispatch(call: &LifecycleCall<'_>) -> Result<Vec<u8>, (i32, String)> {
    let failed = |message: String| (500, message);
    let arguments = call.proposal.unpacked.input.args.as_slice();
    let [name, argument] = arguments else {
        return Err(failed(match arguments.len() {
            0 => "lifecycle scc must be invoked with arguments".to_owned(),
            count => format!("lifecycle scc operations require exactly two arguments but received {count}"),
        }));
    };
    let name = String::from_utf8_lossy(name);
    let refused =
        |reason: String| failed(format!("Failed to authorize invocation due to failed ACL check: {reason}"));
    let function =
        Function::find(&name).ok_or_else(|| refused(format!("Unmapped policy for _lifecycle/{name}")))?;
    call.authorize(function).map_err(refused)?;
    call.run(function, &name, argument).await.map_err(|failure| match failure {
        Failure::Undefined(chaincode) => (404, format!("namespace {chaincode} is not defined")),
        Failure::Backing(reason) => {
            failed(format!("failed to invoke backing implementation of '{name}': {reason}"))
        }
    })
}

impl LifecycleCall<'_> {
    fn authorize(&self, function: Function) -> Result<(), String> {
        let signed = &self.proposal.unpacked.signed;
        let signed = SignedData {
            identity: self.proposal.creator.creator(),
            message: &signed.proposal_bytes,
            signature: &signed.signature,
        };
        let channel = self.channel.map(|on| &**on.channel.msps());
        access::check(function, &self.local.msps, channel, signed)
    }

    async fn run(&self, function: Function, name: &str, argument: &[u8]) -> Result<Vec<u8>, Failure> {
        match function {
            Function::InstallChaincode => {
                let package =
                    decode_argument::<InstallChaincodeArgs>(name, argument)?.chaincode_install_package;
                let installed = self.packages.install(package).await?;
                let (package_id, label) = (installed.package_id, installed.label);
                Ok(InstallChaincodeResult { package_id, label }.encode_to_vec())
            }
            Function::QueryInstalledChaincodes => Ok(queries::installed(self).encode_to_vec()),
            Function::QueryInstalledChaincode => {
                let id = decode_argument::<QueryInstalledChaincodeArgs>(name, argument)?.package_id;
                let found = queries::one_installed(self, &id);
                let missing = || Failure::Backing(format!("could not find chaincode with package id '{id}'"));
                Ok(found.ok_or_else(missing)?.encode_to_vec())
            }
            Function::GetInstalledChaincodePackage => {
                let id = decode_argument::<GetInstalledChaincodePackageArgs>(name, argument)?.package_id;
                let chaincode_install_package = self.packages.load(&id)?;
                Ok(GetInstalledChaincodePackageResult { chaincode_install_package }.encode_to_vec())
            }
            _ => {
                let on = self.channel.ok_or_else(|| {
                    Failure::Backing("could not get channelconfig for channel ''".to_owned())
                })?;
                let simulation = &mut on.simulation.lock();
                let own = self.local.signer.msp_id().as_str();
                OfChannel { own, channel: on.channel, simulation }.call(function, name, argument)
            }
        }
    }
}

/// Functions that read or write a channel.
struct OfChannel<'a> {
    /// The peer's organization, in whose name it approves.
    own: &'a str,
    channel: &'a Channel,
    simulation: &'a mut Simulation,
}

impl OfChannel<'_> {
    fn call(mut self, function: Function, name: &str, argument: &[u8]) -> Result<Vec<u8>, Failure> {
        let own = self.own;
        match function {
            Function::ApproveChaincodeDefinitionForMyOrg => {
                let (chaincode, approval) = proposal(name, argument)?;
                self.approve(&chaincode, &approval)?;
                Ok(ApproveChaincodeDefinitionForMyOrgResult {}.encode_to_vec())
            }
            Function::CheckCommitReadiness => {
                let (chaincode, Approval { definition, .. }) = proposal(name, argument)?;
                let committed = Definition::read(self.simulation, &chaincode)?;
                let differences = self.readiness(&chaincode, &definition, committed.as_ref())?;
                Ok(readiness_result(differences).encode_to_vec())
            }
            Function::CommitChaincodeDefinition => {
                let (chaincode, Approval { definition, .. }) = proposal(name, argument)?;
                self.commit(&chaincode, &definition)?;
                Ok(CommitChaincodeDefinitionResult {}.encode_to_vec())
            }
            Function::QueryApprovedChaincodeDefinition => {
                let QueryApprovedChaincodeDefinitionArgs { name, sequence } =
                    decode_argument(name, argument)?;
                let approved = queries::approved(self.simulation, own, (&name, sequence))?;
                let channel = self.channel.name();
                let missing = || {
                    Failure::Backing(format!(
                        "could not fetch approved chaincode definition (name: '{name}', sequence: '{sequence}') on channel '{channel}'"
                    ))
                };
                Ok(approved.ok_or_else(missing)?.encode_to_vec())
            }
            Function::QueryApprovedChaincodeDefinitions => {
                Ok(queries::all_approved(self.simulation, own)?.encode_to_vec())
            }
            Function::QueryChaincodeDefinition => {
                let QueryChaincodeDefinitionArgs { name } = decode_argument(name, argument)?;
                let organizations = organizations(self.channel);
                let found = queries::committed(self.simulation, &name, &organizations)?;
                Ok(found.ok_or(Failure::Undefined(name))?.encode_to_vec())
            }
            _ => Ok(queries::all_committed(self.simulation)?.encode_to_vec()),
        }
    }

    fn approve(&mut self, chaincode: &str, approval: &Approval) -> Result<(), Failure> {
        let committed = self.validate(chaincode, &approval.definition)?;
        let sequence = approval.definition.sequence;
        let before = Approval::read(self.simulation, self.own, (chaincode, sequence))?;
        rules::check_approval(chaincode, approval, committed.as_ref(), before.as_ref())?;
        Ok(approval.write(self.simulation, self.own, chaincode)?)
    }

    fn commit(&mut self, chaincode: &str, definition: &Definition) -> Result<(), Failure> {
        let committed = self.validate(chaincode, definition)?;
        let differences = self.readiness(chaincode, definition, committed.as_ref())?;
        if !differences.get(self.own).is_some_and(Differences::is_none) {
            return Err(RuleError::NotAgreed(self.own.to_owned()).into());
        }
        Ok(definition.write(self.simulation, chaincode)?)
    }

    /// Checks everything that does not depend on sequence numbers, and returns the committed definition.
    fn validate(&mut self, chaincode: &str, definition: &Definition) -> Result<Option<Definition>, Failure> {
        let invalid = |reason: &dyn std::fmt::Display| Failure::Backing(proposed::invalid(reason));
        proposed::check_names(chaincode, &definition.version).map_err(|error| invalid(&error))?;
        let committed = Definition::read(self.simulation, chaincode)?;
        let collections = committed.as_ref().map(|committed| &committed.collections);
        collections::check(&definition.collections, collections, self.channel.msps())
            .map_err(|error| invalid(&error))?;
        Ok(committed)
    }

    /// Compares a definition with the approval of each organization, if it is the next to be committed.
    fn readiness(
        &mut self,
        chaincode: &str,
        definition: &Definition,
        committed: Option<&Definition>,
    ) -> Result<BTreeMap<String, Differences>, Failure> {
        rules::check_next(definition.sequence, committed)?;
        let mut differences = BTreeMap::new();
        for organization in organizations(self.channel) {
            let found = definition.differences(self.simulation, organization, chaincode)?;
            differences.insert(organization.to_owned(), found);
        }
        Ok(differences)
    }
}

/// Returns the names of the channel's organizations.
fn organizations(channel: &Channel) -> Vec<&str> {
    channel.msps().msps().iter().map(|msp| msp.id().as_str()).collect()
}

/// Builds the result: which organizations have approved, and how the approvals of the others differ.
fn readiness_result(differences: BTreeMap<String, Differences>) -> CheckCommitReadinessResult {
    let approvals = differences.iter().map(|(id, found)| (id.clone(), found.is_none())).collect();
    let mismatches = differences.into_iter().filter(|(_, found)| !found.is_none());
    let mismatches = mismatches.map(|(id, found)| (id, Mismatches { items: found.items() })).collect();
    CheckCommitReadinessResult { approvals, mismatches }
}

/// Decodes the chaincode's name and its proposed definition. Commit and readiness checks have the fields of an
/// approval except the source.
fn proposal(function: &str, argument: &[u8]) -> Result<(String, Approval), Failure> {
    let arguments: ApproveChaincodeDefinitionForMyOrgArgs = decode_argument(function, argument)?;
    Ok((arguments.name.clone(), proposed::read(arguments)))
}

fn decode_argument<M: Message + Default>(function: &str, argument: &[u8]) -> Result<M, Failure> {
    M::decode(argument)
        .map_err(|error| Failure::Backing(format!("could not decode input arg for {function}: {error}")))
}
