//! Compares with Fabric: recorded answers for policies, and live answers for the folder of an organization.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::SystemTime;

use ccs_identity::{
    ChannelPlan, Endpoint, Orderer, OrdererOrganization, OrdererPlan, OrderingPlan, Organization,
    OrganizationPlan, SignaturePolicy, genesis_block,
};
use prost::Message as _;
use serde::Deserialize;

use crate::network::id;

/// Texts that Fabric accepts and we reject: its expression library ignores everything after the first expression.
const REFUSED_HERE: [&str; 1] = ["OR('A.member') x"];

/// A peer's view of the channel, sorted, because Fabric keeps organizations in no order.
const CHANNEL: [&str; 16] = [
    "channel mychannel",
    "consensus etcdraft 2s 10",
    "orderer Org1MSP localhost:7051",
    "orderer Org2MSP localhost:7051",
    "orderers localhost:7051",
    "organization Org1MSP",
    "organization Org2MSP",
    "policy /Channel/Admins",
    "policy /Channel/Application/Admins",
    "policy /Channel/Application/Endorsement",
    "policy /Channel/Application/LifecycleEndorsement",
    "policy /Channel/Application/Readers",
    "policy /Channel/Application/Writers",
    "policy /Channel/Orderer/BlockValidation",
    "policy /Channel/Readers",
    "policy /Channel/Writers",
];

#[derive(Deserialize)]
struct Verdict {
    text: String,
    /// Envelope in hexadecimal, if the text is a policy.
    envelope: Option<String>,
}

#[test]
fn policies_are_read_and_encoded_as_by_fabric() {
    let verdicts: Vec<Verdict> = serde_json::from_str(include_str!("../fixtures/policies.json")).unwrap();
    assert!(verdicts.len() > 40);
    for Verdict { text, envelope } in verdicts {
        let ours = text.parse::<SignaturePolicy>().ok();
        let ours = ours.map(|policy| hex::encode(policy.to_envelope().encode_to_vec()));
        let expected = envelope.filter(|_| !REFUSED_HERE.contains(&text.as_str()));
        assert_eq!(ours, expected, "{text:?}");
    }
}

/// Runs Fabric's code on a file or folder, and returns its output.
fn fabric(question: &str, path: &Path) -> String {
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/go-msp");
    let output =
        Command::new("go").args(["run", ".", question]).arg(path).current_dir(&judge).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
#[ignore = "needs Go, and the modules of Fabric"]
fn fabric_takes_the_first_block_of_a_channel() {
    let root = tempfile::tempdir().unwrap();
    let organizations = ["Org1MSP", "Org2MSP"].map(|msp_id| {
        let plan = OrganizationPlan {
            msp_id: id(msp_id),
            domain: "org1.example.com".parse().unwrap(),
            hosts: Vec::new(),
            endpoint: "localhost:7051".to_owned(),
        };
        Organization::in_memory(&plan, SystemTime::now()).unwrap().msp().clone()
    });
    let plan = ChannelPlan {
        name: "mychannel".to_owned(),
        organizations: organizations.to_vec(),
        orderer: Orderer::Members("localhost:7051".to_owned()),
    };
    assert_eq!(known(root.path(), &plan), CHANNEL);
}

/// Returns what Fabric finds in the first block of a channel, sorted.
fn known(folder: &Path, plan: &ChannelPlan) -> Vec<String> {
    let file = folder.join("genesis.block");
    fs::write(&file, genesis_block(plan, SystemTime::now()).encode_to_vec()).unwrap();
    let mut known: Vec<_> = fabric("channel", &file).lines().map(str::to_owned).collect();
    known.sort_unstable();
    known
}

#[test]
#[ignore = "needs Go, and the modules of Fabric"]
fn fabric_takes_the_first_block_of_a_channel_that_an_organization_orders() {
    let root = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    let msp = |number| {
        let plan = OrganizationPlan::of_test_network(number, "localhost:7051".to_owned());
        Arc::clone(Organization::in_memory(&plan, now).unwrap().msp())
    };
    let ordering = OrdererOrganization::in_memory(&OrdererPlan::of_test_network(), now).unwrap();
    let ordering = OrderingPlan {
        msp: Arc::clone(ordering.msp()),
        consenter: Endpoint { host: "orderer.example.com".to_owned(), port: 7050 },
        certificate: ordering.tls().server.certificate.clone(),
        anchor_peers: BTreeMap::new(),
    };
    let plan = ChannelPlan {
        name: "mychannel".to_owned(),
        organizations: vec![msp(1), msp(2)],
        orderer: Orderer::Organization(ordering),
    };
    let expected = CHANNEL.into_iter().filter(|line| !line.starts_with("orderer")).map(str::to_owned);
    let address = "orderer.example.com:7050";
    let orderers = [format!("orderer OrdererMSP {address}"), format!("orderers {address}")];
    let mut expected: Vec<_> = expected.chain(orderers).collect();
    expected.sort_unstable();
    assert_eq!(known(root.path(), &plan), expected);
}

#[test]
#[ignore = "needs Go, and the modules of Fabric"]
fn fabric_takes_every_member_of_an_organization() {
    let root = tempfile::tempdir().unwrap();
    let plan = OrganizationPlan {
        msp_id: id("Org1MSP"),
        domain: "org1.example.com".parse().unwrap(),
        hosts: Vec::new(),
        endpoint: "localhost:7051".to_owned(),
    };
    Organization::open_or_make(&plan, root.path(), SystemTime::now()).unwrap();
    for (member, roles) in [
        ("peers/peer0.org1.example.com", "MEMBER PEER\n"),
        ("users/Admin@org1.example.com", "ADMIN MEMBER\n"),
        ("users/User1@org1.example.com", "CLIENT MEMBER\n"),
    ] {
        let folder = Organization::folder(root.path(), &plan).join(member).join("msp");
        assert_eq!(fabric("member", &folder), roles);
    }
}
