//! `ccs user`: users of a development network.

use std::time::SystemTime;

use ccs_identity::{Organization, OrganizationPlan};

use crate::{ccs_in, stderr, stdout};

fn folder_with(organizations: u8) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=organizations {
        let plan = OrganizationPlan::of_test_network(number, "localhost:7051".to_owned());
        let root = folder.path().join("organizations");
        Organization::open_or_make(&plan, &root, SystemTime::now()).unwrap();
    }
    folder
}

/// Replaces the day on which a certificate ends, and the column width that depends on it.
fn plain(text: &str) -> String {
    text.split(' ')
        .map(|word| if word.starts_with("203") { "DATE" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_user_is_added_and_listed() {
    let folder = folder_with(2);
    // As `ccs dev` writes it; the MSP ID is in no other file.
    let profile =
        r#"{"client":{"organization":"Org2"},"organizations":{"Org2":{"mspid":"Org2MSP","peers":[]}}}"#;
    let second = folder.path().join("organizations/peerOrganizations/org2.example.com");
    std::fs::write(second.join("connection-org2.json"), profile).unwrap();
    let arguments = [
        "user",
        "add",
        "alice",
        "--org",
        "org2",
        "--attr",
        "role=auditor",
        "--attr",
        "abac.creator=true:ecert",
    ];
    let added = ccs_in(folder.path(), &arguments);
    assert!(added.status.success(), "{}", stderr(&added));
    let users = "organizations/peerOrganizations/org2.example.com/users";
    assert_eq!(
        plain(&stdout(&added)),
        format!(
            "  NAME   TYPE    ATTRIBUTES                      VALID UNTIL  FOLDER\n  \
             alice  client  abac.creator=true role=auditor  DATE   {users}/alice@org2.example.com\n"
        )
    );
    assert_eq!(stderr(&added), "next: ccs query CHAINCODE FUNCTION --user alice --msp Org2MSP\n");

    let listed = ccs_in(folder.path(), &["user", "list", "--org", "Org2MSP", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&stdout(&listed)).unwrap();
    assert_eq!(document["organization"], "org2.example.com");
    let names: Vec<_> = document["users"].as_array().unwrap().iter().map(|user| &user["name"]).collect();
    assert_eq!(names, ["Admin", "User1", "alice"]);
    let alice = &document["users"][2];
    assert_eq!(alice["type"], "client");
    assert_eq!(alice["folder"], format!("{users}/alice@org2.example.com"));
    assert_eq!(
        alice["attributes"],
        serde_json::json!({
            "abac.creator": "true", "role": "auditor",
            "hf.Affiliation": "", "hf.EnrollmentID": "alice", "hf.Type": "client",
        })
    );
}

#[test]
fn what_cannot_be_added_is_named() {
    let folder = folder_with(1);
    for (arguments, message, code) in [
        (
            &["user", "add", "User1"][..],
            "error: user User1 already exists in \
             organizations/peerOrganizations/org1.example.com/users/User1@org1.example.com\n\
             hint: choose another name, or move the user's folder away\n",
            1,
        ),
        (
            &["user", "add", "bob", "--org", "org3"],
            "error: there is no organization org3 in organizations/peerOrganizations\n\
             hint: name one of: org1.example.com\n",
            1,
        ),
        (&["user", "add", "../bob"], "invalid user name '../bob'", 2),
        (&["user", "add", "bob", "--attr", "role"], "invalid attribute 'role': expected NAME=VALUE", 2),
        (
            &["query", "basic", "ReadAsset", "--user", "bob"],
            "error: there is no user bob in organizations/peerOrganizations/org1.example.com/users\n\
             hint: add the user: ccs user add bob; `ccs user list` shows the users\n",
            14,
        ),
        (
            &["query", "basic", "ReadAsset", "--user", "bob", "--msp", "Org1MSP"],
            "hint: add the user: ccs user add bob --org Org1MSP; `ccs user list --org Org1MSP` shows the users\n",
            14,
        ),
    ] {
        let output = ccs_in(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}
