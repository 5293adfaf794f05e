//! Evaluation of policies.

use ccs_identity::{Identity, Principal, Role, SignaturePolicy};
use prost::Message as _;
use sha2::Digest as _;

use crate::network::{Organization, id};

struct Network {
    one: Organization,
    two: Organization,
}

impl Network {
    fn new() -> Self {
        Self { one: Organization::new("Org1MSP"), two: Organization::new("Org2MSP") }
    }

    /// Returns an identity by a name such as `peer.1`, composed of role and organization.
    fn identity(&self, name: &str) -> Identity {
        let (unit, organization) = name.split_once('.').unwrap();
        if organization == "1" { self.one.identity(name, unit) } else { self.two.identity(name, unit) }
    }
}

#[test]
fn policies_hold_as_in_fabric() {
    let network = Network::new();
    let cases: &[(&str, &str, bool)] = &[
        ("OR('Org1MSP.member', 'Org2MSP.member')", "client.2", true),
        ("OR('Org1MSP.peer', 'Org2MSP.peer')", "client.1 client.2", false),
        ("AND('Org1MSP.peer', 'Org2MSP.peer')", "peer.2 peer.1", true),
        ("AND('Org1MSP.peer', 'Org2MSP.peer')", "peer.1", false),
        ("AND('Org1MSP.peer', 'Org2MSP.peer')", "", false),
        ("OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org2MSP.admin')", "peer.1 admin.2", true),
        ("OutOf(0, 'Org1MSP.peer')", "", true),
        ("OutOf(2, 'Org1MSP.peer')", "peer.1 peer.1", false),
        // Each identity counts once.
        ("AND('Org1MSP.member', 'Org1MSP.member')", "peer.1", false),
        ("AND('Org1MSP.member', 'Org1MSP.member')", "peer.1 client.1", true),
        // The first match is used, even if a later rule would need the identity.
        ("AND('Org1MSP.member', 'Org1MSP.admin')", "admin.1 client.1", false),
        ("AND('Org1MSP.member', 'Org1MSP.admin')", "client.1 admin.1", true),
        // A gate that is not satisfied uses no identities.
        ("OR(AND('Org1MSP.member', 'Org2MSP.member'), 'Org1MSP.peer')", "peer.1", true),
        ("AND(OR('Org1MSP.admin', 'Org1MSP.peer'), AND('Org2MSP.peer'))", "peer.1 peer.2", true),
    ];
    for (policy, signers, expected) in cases {
        let policy: SignaturePolicy = policy.parse().unwrap();
        let identities: Vec<_> = signers.split_whitespace().map(|name| network.identity(name)).collect();
        assert_eq!(policy.is_satisfied_by(&identities), *expected, "{policy} by {signers}");
    }
}

#[test]
fn an_identity_that_signs_twice_counts_once() {
    let network = Network::new();
    let policy: SignaturePolicy = "AND('Org1MSP.member', 'Org1MSP.member')".parse().unwrap();
    let identity = network.identity("peer.1");
    assert!(!policy.is_satisfied_by([&identity, &identity]));
}

#[test]
fn principals_may_be_single_identities_and_units() {
    let network = Network::new();
    let (identity, other) = (network.identity("peer.1"), network.identity("peer.1"));
    let certificate = Box::new(identity.certificate().clone());
    let policy = SignaturePolicy::any_of(vec![Principal::Identity { msp_id: id("Org1MSP"), certificate }]);
    let policy = SignaturePolicy::decode(&encode(&policy)).unwrap();
    assert!(policy.is_satisfied_by([&identity]) && !policy.is_satisfied_by([&other]));

    let certifiers = sha2::Sha256::new_with_prefix(network.one.ca.certificate().der()).finalize().to_vec();
    for (unit, certifiers, expected) in
        [("peer", certifiers.clone(), true), ("client", certifiers, false), ("peer", vec![0; 32], false)]
    {
        let unit = Principal::Unit { msp_id: id("Org1MSP"), unit: unit.to_owned(), certifiers };
        let policy = SignaturePolicy::decode(&encode(&SignaturePolicy::any_of(vec![unit]))).unwrap();
        assert_eq!(policy.is_satisfied_by([&identity]), expected, "{policy}");
    }
    let nobody = SignaturePolicy::any_of(vec![Principal::Unsupported("combined".to_owned())]);
    assert!(!nobody.is_satisfied_by([&identity]));
    assert_eq!(nobody.to_string(), "OR(<combined principal>)");
}

#[test]
fn a_policy_names_its_organizations() {
    let policy: SignaturePolicy = "OR('b.member', AND('a.peer', 'b.admin'))".parse().unwrap();
    let names: Vec<_> = policy.organizations().into_iter().map(ccs_identity::MspId::as_str).collect();
    assert_eq!(names, ["a", "b"]);
    let one = SignaturePolicy::any_of(vec![Principal::role(id("a"), Role::Member)]);
    assert_eq!(one.to_string(), "OR('a.member')");
}

fn encode(policy: &SignaturePolicy) -> Vec<u8> {
    policy.to_envelope().encode_to_vec()
}
