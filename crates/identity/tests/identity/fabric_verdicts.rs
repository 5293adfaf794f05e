//! What Fabric itself says: recorded of policies, asked anew of the folder of an organization.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use ccs_identity::{Organization, OrganizationPlan, SignaturePolicy};
use fabric_shim_protos::prost::Message as _;
use serde::Deserialize;

use crate::network::id;

/// Texts that Fabric takes and we refuse: its expression library passes over what follows the first expression.
const REFUSED_HERE: [&str; 1] = ["OR('A.member') x"];

#[derive(Deserialize)]
struct Verdict {
    text: String,
    /// The envelope in hexadecimal, when the text is a policy.
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
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../conformance/go-msp");
    for (member, roles) in [
        ("peers/peer0.org1.example.com", "MEMBER PEER\n"),
        ("users/Admin@org1.example.com", "ADMIN MEMBER\n"),
        ("users/User1@org1.example.com", "CLIENT MEMBER\n"),
    ] {
        let folder = Organization::folder(root.path(), &plan).join(member).join("msp");
        let output = Command::new("go").args(["run", ".", "member"]).arg(folder).current_dir(&judge).output();
        let output = output.unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            roles,
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
