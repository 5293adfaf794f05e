//! Calls that `_lifecycle` rejects, and the error texts.

use ccs_proto::lifecycle::{
    GetInstalledChaincodePackageArgs, InstallChaincodeArgs, QueryApprovedChaincodeDefinitionArgs,
    QueryChaincodeDefinitionArgs, QueryInstalledChaincodeArgs, QueryInstalledChaincodesArgs,
};
use ccs_proto::peer::TxValidationCode;
use tonic::Code;

use super::{ID, Lifecycle, definition, start};
use crate::evaluate::details;
use crate::network::CHANNEL;
use crate::proposal::Parts;

const APPROVE: &str = "ApproveChaincodeDefinitionForMyOrg";
const COMMIT: &str = "CommitChaincodeDefinition";

fn backing(function: &str, reason: &str) -> (i32, String) {
    (500, format!("failed to invoke backing implementation of '{function}': {reason}"))
}

#[tokio::test]
async fn it_takes_two_arguments_and_knows_its_functions() {
    let lifecycle = start().await;
    let cases: [(&[&[u8]], &str); 4] = [
        (&[], "lifecycle scc must be invoked with arguments"),
        (&[b"InstallChaincode"], "lifecycle scc operations require exactly two arguments but received 1"),
        (&[b"a", b"b", b"c"], "lifecycle scc operations require exactly two arguments but received 3"),
        (
            &[b"Other", b""],
            "Failed to authorize invocation due to failed ACL check: Unmapped policy for _lifecycle/Other",
        ),
    ];
    for (arguments, message) in cases {
        for channel in ["", CHANNEL] {
            let answer = lifecycle.propose(&lifecycle.admin, channel, arguments).await;
            assert!(answer.endorsement.is_none());
            let response = answer.response.unwrap();
            assert_eq!((response.status, response.message.as_str()), (500, message));
        }
    }
    let answer = lifecycle.propose(&lifecycle.admin, "", &[b"InstallChaincode", b"\xff"]).await;
    let text = answer.response.unwrap().message;
    let expected = "failed to invoke backing implementation of 'InstallChaincode': could not decode input arg for InstallChaincode: ";
    assert!(text.starts_with(expected), "{text}");
    lifecycle.stop().await;
}

#[tokio::test]
async fn what_is_the_peers_own_is_for_administrators() {
    let lifecycle = start().await;
    let client = &lifecycle.running.network.client;
    let local = [
        "InstallChaincode",
        "QueryInstalledChaincodes",
        "QueryInstalledChaincode",
        "GetInstalledChaincodePackage",
        APPROVE,
        "QueryApprovedChaincodeDefinition",
        "QueryApprovedChaincodeDefinitions",
    ];
    for function in local {
        for channel in ["", CHANNEL] {
            let answer = lifecycle.propose(client, channel, &[function.as_bytes(), b""]).await;
            let response = answer.response.unwrap();
            assert_eq!(
                (response.status, response.message.as_str()),
                (
                    500,
                    "Failed to authorize invocation due to failed ACL check: Failed verifying that proposal's creator satisfies local MSP principal during channelless check policy with policy [Admins]: [The identity is not an admin under this MSP [Org1MSP]: The identity does not contain OU [ADMIN], MSP: [Org1MSP]]"
                ),
                "{function}"
            );
        }
    }
    // Functions of a channel require its writers, and without a channel there are none.
    for function in ["QueryChaincodeDefinitions", "QueryChaincodeDefinition", "CheckCommitReadiness", COMMIT]
    {
        let answer = lifecycle.propose(client, CHANNEL, &[function.as_bytes(), b""]).await;
        let message = answer.response.unwrap().message;
        assert!(!message.contains("ACL"), "{function}: {message}");
        let (status, message) = lifecycle.refused("", function, &QueryInstalledChaincodesArgs {}).await;
        assert_eq!(status, 500);
        let expected = "Failed to authorize invocation due to failed ACL check: ";
        assert!(message.starts_with(expected), "{function}: {message}");
    }
    lifecycle.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_absent() {
    let lifecycle = start().await;
    let name = QueryChaincodeDefinitionArgs { name: "basic".to_owned() };
    let refused = lifecycle.refused(CHANNEL, "QueryChaincodeDefinition", &name).await;
    assert_eq!(refused, (404, "namespace basic is not defined".to_owned()));
    let id = "absent:00";
    let wanted = QueryInstalledChaincodeArgs { package_id: id.to_owned() };
    assert_eq!(
        lifecycle.refused("", "QueryInstalledChaincode", &wanted).await,
        backing("QueryInstalledChaincode", "could not find chaincode with package id 'absent:00'")
    );
    let wanted = GetInstalledChaincodePackageArgs { package_id: id.to_owned() };
    assert_eq!(
        lifecycle.refused("", "GetInstalledChaincodePackage", &wanted).await,
        backing(
            "GetInstalledChaincodePackage",
            "could not load cc install package: chaincode install package 'absent:00' not found"
        )
    );
    let wanted = QueryApprovedChaincodeDefinitionArgs { name: "basic".to_owned(), sequence: 7 };
    assert_eq!(
        lifecycle.refused(CHANNEL, "QueryApprovedChaincodeDefinition", &wanted).await,
        backing(
            "QueryApprovedChaincodeDefinition",
            "could not fetch approved chaincode definition (name: 'basic', sequence: '7') on channel 'mychannel'"
        )
    );
    assert_eq!(
        lifecycle.refused("", APPROVE, &definition(1, "1", None)).await,
        backing(APPROVE, "could not get channelconfig for channel ''")
    );
    lifecycle.stop().await;
}

#[tokio::test]
async fn a_package_is_installed_once() {
    let lifecycle = start().await;
    lifecycle.install().await;
    let package = InstallChaincodeArgs { chaincode_install_package: b"a package".to_vec() };
    assert_eq!(
        lifecycle.refused("", "InstallChaincode", &package).await,
        backing("InstallChaincode", &format!("chaincode already successfully installed (package ID '{ID}')"))
    );
    lifecycle.stop().await;
}

#[tokio::test]
async fn approvals_and_commits_keep_to_the_sequence() {
    let lifecycle = start().await;
    let refused = async |lifecycle: &Lifecycle, function, sequence, version| {
        lifecycle.refused(CHANNEL, function, &definition(sequence, version, None)).await
    };
    assert_eq!(
        refused(&lifecycle, APPROVE, 0, "1").await,
        backing(APPROVE, "requested sequence is 0, but first definable sequence number is 1")
    );
    assert_eq!(
        refused(&lifecycle, APPROVE, 1, "1 0").await,
        backing(
            APPROVE,
            "error validating chaincode definition: invalid chaincode version '1 0'. Versions can only consist of alphanumerics, '_', '-', '+', and '.'"
        )
    );
    assert_eq!(
        refused(&lifecycle, COMMIT, 1, "1").await,
        backing(COMMIT, "chaincode definition not agreed to by this org (Org1MSP)")
    );
    assert_eq!(
        refused(&lifecycle, "CheckCommitReadiness", 2, "1").await,
        backing("CheckCommitReadiness", "requested sequence is 2, but new definition must be sequence 1")
    );
    assert_eq!(lifecycle.submit(APPROVE, &definition(1, "1", None)).await, TxValidationCode::Valid);
    assert_eq!(
        refused(&lifecycle, APPROVE, 1, "1").await,
        backing(
            APPROVE,
            "attempted to redefine uncommitted sequence (1) for namespace basic with unchanged content"
        )
    );
    assert_eq!(
        refused(&lifecycle, COMMIT, 1, "2").await,
        backing(COMMIT, "chaincode definition not agreed to by this org (Org1MSP)")
    );
    assert_eq!(lifecycle.submit(COMMIT, &definition(1, "1", None)).await, TxValidationCode::Valid);
    assert_eq!(
        refused(&lifecycle, APPROVE, 1, "1").await,
        backing(APPROVE, "attempted to redefine the current committed sequence (1) for namespace basic")
    );
    assert_eq!(
        refused(&lifecycle, COMMIT, 1, "1").await,
        backing(COMMIT, "requested sequence is 1, but new definition must be sequence 2")
    );
    // Approving the same definition with a package is accepted.
    assert_eq!(lifecycle.submit(APPROVE, &definition(1, "1", Some(ID))).await, TxValidationCode::Valid);
    lifecycle.stop().await;
}

#[tokio::test]
async fn the_gateway_tells_a_refusal_as_that_of_any_chaincode() {
    let lifecycle = start().await;
    let wanted = QueryChaincodeDefinitionArgs { name: "basic".to_owned() };
    let arguments = prost::Message::encode_to_vec(&wanted);
    let arguments = [b"QueryChaincodeDefinition".as_slice(), &arguments];
    let parts = Parts::on(&lifecycle.admin, CHANNEL, "_lifecycle", &arguments);
    let request = ccs_proto::gateway::EvaluateRequest {
        proposed_transaction: Some(parts.signed(&lifecycle.admin)),
        ..ccs_proto::gateway::EvaluateRequest::default()
    };
    let status = lifecycle.running.gateway().evaluate(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unknown);
    assert_eq!(details(&status), ["chaincode response 404, namespace basic is not defined"]);
    lifecycle.stop().await;
}
