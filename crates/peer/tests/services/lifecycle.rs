//! `_lifecycle`, called by an administrator: from an empty channel to an answering chaincode on the published Rust
//! shim.
//!
//! A fake replaces the package store: it accepts any bytes as the package of that chaincode.

mod refusals;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ccs_chaincode::{ChaincodeLimits, ChaincodeSupport, Source};
use ccs_channel::Channel;
use ccs_dial::ConnectionInfo;
use ccs_identity::Signer;
use ccs_ledger::Store;
use ccs_peer::lifecycle::{InstallError, Installed, PackageStore};
use ccs_peer::{Peer, PeerOptions};
use ccs_proto::gateway::{EndorseRequest, EvaluateRequest};
use ccs_proto::lifecycle::query_installed_chaincode_result::{Chaincode, References};
use ccs_proto::lifecycle::{
    ApproveChaincodeDefinitionForMyOrgArgs, ChaincodeSource, CheckCommitReadinessResult,
    GetInstalledChaincodePackageArgs, GetInstalledChaincodePackageResult, InstallChaincodeArgs,
    InstallChaincodeResult, QueryApprovedChaincodeDefinitionArgs, QueryApprovedChaincodeDefinitionResult,
    QueryApprovedChaincodeDefinitionsArgs, QueryApprovedChaincodeDefinitionsResult,
    QueryChaincodeDefinitionArgs, QueryChaincodeDefinitionResult, QueryChaincodeDefinitionsArgs,
    QueryChaincodeDefinitionsResult, QueryInstalledChaincodeArgs, QueryInstalledChaincodeResult,
    QueryInstalledChaincodesArgs, QueryInstalledChaincodesResult, chaincode_source,
};
use ccs_proto::peer::{ProposalResponse, Response, TxValidationCode};
use ccs_testkit::wait_until;
use prost::Message;

use crate::network::{CHANNEL, Network};
use crate::proposal::{Parts, envelope};
use crate::running::{LIMIT, Running, genesis, serve_node};
use crate::shim::{ID, serve_values};

/// Accepts any bytes as the package of the chaincode that runs at an address.
#[derive(Debug)]
struct FakeStore {
    peer: Arc<ChaincodeSupport>,
    address: String,
    bytes: Mutex<Option<Vec<u8>>>,
}

#[tonic::async_trait]
impl PackageStore for FakeStore {
    async fn install(&self, package: Vec<u8>) -> Result<Installed, InstallError> {
        if self.bytes.lock().unwrap().replace(package).is_some() {
            return Err(InstallError::Already(ID.to_owned()));
        }
        let info = ConnectionInfo { address: self.address.clone(), dial_timeout: LIMIT, tls: None };
        self.peer.chaincodes().add(ID, Source::Server(info));
        self.peer.launch_approved();
        Ok(Installed { package_id: ID.to_owned(), label: "basic".to_owned() })
    }

    fn installed(&self) -> Vec<Installed> {
        let installed = Installed { package_id: ID.to_owned(), label: "basic".to_owned() };
        self.bytes.lock().unwrap().iter().map(|_| installed.clone()).collect()
    }

    fn load(&self, package_id: &str) -> Result<Vec<u8>, InstallError> {
        let bytes = self.bytes.lock().unwrap().clone().filter(|_| package_id == ID);
        bytes.ok_or_else(|| InstallError::Absent(package_id.to_owned()))
    }
}

/// Peer on whose channel nothing is defined.
struct Lifecycle {
    running: Running,
    peer: Arc<ChaincodeSupport>,
    admin: Signer,
}

async fn start() -> Lifecycle {
    let network = Network::new();
    let msp = network.organization.msp();
    let ledger = Store::temporary().unwrap().channel(CHANNEL, genesis).unwrap();
    let channel = Channel::new(ledger.clone(), vec![Arc::clone(msp)]).of_organization(msp.id().clone());
    let peer = Arc::new(ChaincodeSupport::new(ChaincodeLimits::default()));
    peer.join(Arc::new(channel));
    let (address, _) = serve_values().await;
    let mut options =
        PeerOptions::new("peer:7051", Arc::new(network.organization.signer("peer")), network.msps());
    options.packages = Arc::new(FakeStore { peer: Arc::clone(&peer), address, bytes: Mutex::default() });
    let node = Peer::with_chaincode(options, &peer);
    let admin = network.organization.signer("admin");
    Lifecycle { running: serve_node(network, ledger, node, Arc::default()).await, peer, admin }
}

/// Returns the arguments of an approval; without a source, they are also those of a commit.
fn definition(
    sequence: i64,
    version: &str,
    package_id: Option<&str>,
) -> ApproveChaincodeDefinitionForMyOrgArgs {
    let local = |id: &str| chaincode_source::Local { package_id: id.to_owned() };
    let source = package_id
        .map(|id| ChaincodeSource { r#type: Some(chaincode_source::Type::LocalPackage(local(id))) });
    ApproveChaincodeDefinitionForMyOrgArgs {
        sequence,
        name: "basic".to_owned(),
        version: version.to_owned(),
        source,
        ..ApproveChaincodeDefinitionForMyOrgArgs::default()
    }
}

impl Lifecycle {
    async fn propose(&self, signer: &Signer, channel: &str, arguments: &[&[u8]]) -> ProposalResponse {
        let parts = Parts::on(signer, channel, "_lifecycle", arguments);
        let answer = self.running.endorser().process_proposal(parts.signed(signer)).await;
        answer.unwrap().into_inner()
    }

    /// Calls a function as an administrator, and returns the response.
    async fn call(&self, channel: &str, function: &str, argument: &impl Message) -> Response {
        let arguments = [function.as_bytes(), &argument.encode_to_vec()];
        self.propose(&self.admin, channel, &arguments).await.response.unwrap()
    }

    /// Calls a function that returns a result.
    async fn ask<R: Message + Default>(&self, channel: &str, function: &str, argument: &impl Message) -> R {
        let response = self.call(channel, function, argument).await;
        assert_eq!((response.status, response.message.as_str()), (200, ""), "{function}");
        R::decode(response.payload.as_slice()).unwrap()
    }

    /// Returns the status and the message of a call that fails.
    async fn refused(&self, channel: &str, function: &str, argument: &impl Message) -> (i32, String) {
        let response = self.call(channel, function, argument).await;
        assert!(response.payload.is_empty());
        (response.status, response.message)
    }

    /// Calls a function through the gateway and commits its writes.
    async fn submit(&self, function: &str, argument: &impl Message) -> TxValidationCode {
        let arguments = [function.as_bytes(), &argument.encode_to_vec()];
        let parts = Parts::on(&self.admin, CHANNEL, "_lifecycle", &arguments);
        let request = EndorseRequest {
            proposed_transaction: Some(parts.signed(&self.admin)),
            endorsing_organizations: vec!["Org1MSP".to_owned()],
            ..EndorseRequest::default()
        };
        let prepared = self.running.gateway().endorse(request).await.unwrap().into_inner();
        let payload = prepared.prepared_transaction.unwrap().payload;
        self.running.send(envelope(payload, &self.admin)).await.unwrap();
        self.running.status(&parts.id()).await.result()
    }

    async fn install(&self) {
        let package = InstallChaincodeArgs { chaincode_install_package: b"a package".to_vec() };
        let installed: InstallChaincodeResult = self.ask("", "InstallChaincode", &package).await;
        assert_eq!((installed.package_id.as_str(), installed.label.as_str()), (ID, "basic"));
    }

    /// Approves and commits.
    async fn define(&self, sequence: i64, version: &str, package_id: Option<&str>) {
        let approval = definition(sequence, version, package_id);
        let code = self.submit("ApproveChaincodeDefinitionForMyOrg", &approval).await;
        assert_eq!(code, TxValidationCode::Valid);
        let code = self.submit("CommitChaincodeDefinition", &definition(sequence, version, None)).await;
        assert_eq!(code, TxValidationCode::Valid);
    }

    async fn stop(self) {
        self.running.stop().await;
        self.peer.chaincodes().close().await;
    }
}

#[tokio::test]
async fn a_package_is_installed_and_given_back() {
    let lifecycle = start().await;
    let none: QueryInstalledChaincodesResult =
        lifecycle.ask("", "QueryInstalledChaincodes", &QueryInstalledChaincodesArgs {}).await;
    assert!(none.installed_chaincodes.is_empty());
    lifecycle.install().await;
    let all: QueryInstalledChaincodesResult =
        lifecycle.ask("", "QueryInstalledChaincodes", &QueryInstalledChaincodesArgs {}).await;
    let expected = QueryInstalledChaincodeResult {
        package_id: ID.to_owned(),
        label: "basic".to_owned(),
        references: BTreeMap::new(),
    };
    assert_eq!(all.installed_chaincodes.as_slice(), std::slice::from_ref(&expected));
    let id = QueryInstalledChaincodeArgs { package_id: ID.to_owned() };
    let one: QueryInstalledChaincodeResult = lifecycle.ask("", "QueryInstalledChaincode", &id).await;
    assert_eq!(one, expected);
    let id = GetInstalledChaincodePackageArgs { package_id: ID.to_owned() };
    let package: GetInstalledChaincodePackageResult =
        lifecycle.ask("", "GetInstalledChaincodePackage", &id).await;
    assert_eq!(package.chaincode_install_package, b"a package");
    lifecycle.stop().await;
}

#[tokio::test]
async fn what_is_approved_and_committed_answers_and_is_told() {
    let lifecycle = start().await;
    lifecycle.install().await;
    let approval = definition(1, "1.0", Some(ID));
    let readiness = async || {
        let definition = definition(1, "1.0", None);
        lifecycle.ask::<CheckCommitReadinessResult>(CHANNEL, "CheckCommitReadiness", &definition).await
    };
    let before = readiness().await;
    assert_eq!(before.approvals, [("Org1MSP".to_owned(), false)].into());
    assert_eq!(before.mismatches["Org1MSP"].items, ["ChaincodeParameters"]);
    assert_eq!(
        lifecycle.submit("ApproveChaincodeDefinitionForMyOrg", &approval).await,
        TxValidationCode::Valid
    );
    let after = readiness().await;
    assert_eq!(after.approvals, [("Org1MSP".to_owned(), true)].into());
    assert!(after.mismatches.is_empty());
    // The peer command adds what to check.
    let other = definition(1, "2.0", None);
    let other: CheckCommitReadinessResult = lifecycle.ask(CHANNEL, "CheckCommitReadiness", &other).await;
    assert_eq!(other.mismatches["Org1MSP"].items, ["EndorsementInfo"]);
    assert_eq!(
        lifecycle.submit("CommitChaincodeDefinition", &definition(1, "1.0", None)).await,
        TxValidationCode::Valid
    );

    lifecycle.running.submit(&["Put", "a", "1"]).await;
    assert_eq!(lifecycle.running.evaluate(&["Get", "a"]).await, b"1");

    let name = QueryChaincodeDefinitionArgs { name: "basic".to_owned() };
    let one: QueryChaincodeDefinitionResult = lifecycle.ask(CHANNEL, "QueryChaincodeDefinition", &name).await;
    assert_eq!((one.sequence, one.version.as_str(), one.endorsement_plugin.as_str()), (1, "1.0", "escc"));
    assert_eq!((one.validation_plugin.as_str(), one.init_required), ("vscc", false));
    assert_eq!(one.validation_parameter, b"\x12\x20/Channel/Application/Endorsement");
    assert_eq!(one.approvals, [("Org1MSP".to_owned(), true)].into());
    assert!(one.collections.is_some());
    let all: QueryChaincodeDefinitionsResult =
        lifecycle.ask(CHANNEL, "QueryChaincodeDefinitions", &QueryChaincodeDefinitionsArgs {}).await;
    let [told] = all.chaincode_definitions.as_slice() else { panic!("{all:?}") };
    assert_eq!((told.name.as_str(), told.sequence, told.version.as_str()), ("basic", 1, "1.0"));

    for sequence in [0, 1] {
        let wanted = QueryApprovedChaincodeDefinitionArgs { name: "basic".to_owned(), sequence };
        let approved: QueryApprovedChaincodeDefinitionResult =
            lifecycle.ask(CHANNEL, "QueryApprovedChaincodeDefinition", &wanted).await;
        assert_eq!((approved.sequence, approved.version.as_str()), (1, "1.0"));
        assert_eq!(approved.source, approval.source);
    }
    let approved: QueryApprovedChaincodeDefinitionsResult = lifecycle
        .ask(CHANNEL, "QueryApprovedChaincodeDefinitions", &QueryApprovedChaincodeDefinitionsArgs {})
        .await;
    let [told] = approved.approved_chaincode_definitions.as_slice() else { panic!("{approved:?}") };
    assert_eq!((told.name.as_str(), told.sequence, &told.source), ("basic", 1, &approval.source));

    let id = QueryInstalledChaincodeArgs { package_id: ID.to_owned() };
    let installed: QueryInstalledChaincodeResult = lifecycle.ask("", "QueryInstalledChaincode", &id).await;
    let chaincode = Chaincode { name: "basic".to_owned(), version: "1.0".to_owned() };
    assert_eq!(
        installed.references,
        [(CHANNEL.to_owned(), References { chaincodes: vec![chaincode] })].into()
    );
    lifecycle.stop().await;
}

#[tokio::test]
async fn an_approved_chaincode_is_launched_before_anybody_calls_it() {
    let lifecycle = start().await;
    lifecycle.install().await;
    lifecycle.define(1, "1.0", Some(ID)).await;
    wait_until(LIMIT, || lifecycle.peer.chaincodes().is_running(ID)).await;
    lifecycle.stop().await;
}

#[tokio::test]
async fn installing_comes_after_committing_too() {
    let lifecycle = start().await;
    lifecycle.define(1, "1.0", Some(ID)).await;
    let parts = lifecycle.running.parts(&["Get", "a"]);
    let signed = parts.signed(&lifecycle.running.network.client);
    let answer = lifecycle.running.endorser().process_proposal(signed).await.unwrap().into_inner();
    assert_eq!(
        answer.response.unwrap().message,
        "make sure the chaincode basic has been successfully defined on channel mychannel and try again: chaincode definition for 'basic' exists, but chaincode is not installed"
    );
    // A client of the gateway sees what a peer's gateway knows.
    let request = lifecycle.running.evaluate_request(&parts);
    let status = lifecycle.running.gateway().evaluate(request).await.unwrap_err();
    assert_eq!(status.message(), "no peers available to evaluate chaincode basic in channel mychannel");
    lifecycle.install().await;
    lifecycle.running.submit(&["Put", "a", "1"]).await;
    lifecycle.stop().await;
}

#[tokio::test]
async fn a_new_sequence_counts_at_once_and_what_was_endorsed_before_does_not() {
    let lifecycle = start().await;
    lifecycle.install().await;
    lifecycle.define(1, "1.0", Some(ID)).await;
    let parts = lifecycle.running.parts(&["Put", "a", "1"]);
    let transaction = lifecycle.running.prepare(&parts).await;
    lifecycle.define(2, "2.0", Some(ID)).await;
    lifecycle.running.send(transaction).await.unwrap();
    let status = lifecycle.running.status(&parts.id()).await;
    assert_eq!(status.result(), TxValidationCode::MvccReadConflict);
    lifecycle.running.submit(&["Put", "a", "2"]).await;
    let name = QueryChaincodeDefinitionArgs { name: "basic".to_owned() };
    let told: QueryChaincodeDefinitionResult =
        lifecycle.ask(CHANNEL, "QueryChaincodeDefinition", &name).await;
    assert_eq!((told.sequence, told.version.as_str()), (2, "2.0"));
    lifecycle.stop().await;
}

#[tokio::test]
async fn of_two_approvals_that_were_endorsed_together_one_is_valid() {
    let lifecycle = start().await;
    let mut transactions = Vec::new();
    for version in ["1.0", "2.0"] {
        let arguments = definition(1, version, None).encode_to_vec();
        let arguments = [b"ApproveChaincodeDefinitionForMyOrg".as_slice(), &arguments];
        let parts = Parts::on(&lifecycle.admin, CHANNEL, "_lifecycle", &arguments);
        let request = EndorseRequest {
            proposed_transaction: Some(parts.signed(&lifecycle.admin)),
            ..EndorseRequest::default()
        };
        let prepared = lifecycle.running.gateway().endorse(request).await.unwrap().into_inner();
        let payload = prepared.prepared_transaction.unwrap().payload;
        transactions.push((parts.id(), envelope(payload, &lifecycle.admin)));
    }
    let mut codes = Vec::new();
    for (id, transaction) in transactions {
        lifecycle.running.send(transaction).await.unwrap();
        codes.push(lifecycle.running.status(&id).await.result());
    }
    assert_eq!(codes, [TxValidationCode::Valid, TxValidationCode::MvccReadConflict]);
    lifecycle.stop().await;
}

#[tokio::test]
async fn the_block_holds_the_hashes_of_an_approval_and_the_definition_itself() {
    let lifecycle = start().await;
    lifecycle.define(1, "1.0", Some(ID)).await;
    let envelopes = |number: u64| lifecycle.running.ledger.block(number).unwrap().unwrap().data.unwrap().data;
    let holds = |number: u64, text: &str| {
        envelopes(number).iter().any(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    };
    assert!(holds(1, "_implicit_org_Org1MSP"));
    // The proposal names the package; the resulting state does not.
    assert!(!holds(1, "chaincode-sources"));
    assert!(holds(2, "namespaces/metadata/basic"));
    assert!(holds(2, "namespaces/fields/basic/Sequence"));
    let mut simulation = lifecycle.running.ledger.simulate("").unwrap();
    let source = "chaincode-sources/fields/basic#1/PackageID";
    let stored = simulation.get_private("_lifecycle", "_implicit_org_Org1MSP", source).unwrap().unwrap();
    assert!(String::from_utf8_lossy(&stored).contains(ID));
    drop(simulation);
    lifecycle.stop().await;
}

#[tokio::test]
async fn an_evaluation_through_the_gateway_asks_it_as_well() {
    let lifecycle = start().await;
    let arguments = QueryChaincodeDefinitionsArgs {}.encode_to_vec();
    let arguments = [b"QueryChaincodeDefinitions".as_slice(), &arguments];
    let parts = Parts::on(&lifecycle.admin, CHANNEL, "_lifecycle", &arguments);
    let request = EvaluateRequest {
        proposed_transaction: Some(parts.signed(&lifecycle.admin)),
        ..EvaluateRequest::default()
    };
    let result = lifecycle.running.gateway().evaluate(request).await.unwrap().into_inner().result.unwrap();
    assert_eq!((result.status, result.payload.as_slice()), (200, b"".as_slice()));
    lifecycle.stop().await;
}
