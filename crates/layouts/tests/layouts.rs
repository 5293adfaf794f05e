//! Layouts of small networks, and the errors when there is none.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop, as tests do")]

use ccs_identity::{Principal, Role, SignaturePolicy};
use ccs_layouts::{Chaincode, ChannelView, Collection, Endorser, LayoutError};
use ccs_proto::peer::{ChaincodeCall, ChaincodeInterest};

/// Fake peer with the role peer, which has some chaincodes.
#[derive(Debug)]
struct FakePeer {
    organization: &'static str,
    chaincodes: Vec<&'static str>,
}

impl Endorser for FakePeer {
    fn satisfies(&self, principal: &Principal) -> bool {
        let Principal::Role { msp_id, role } = principal else { return false };
        msp_id.as_str() == self.organization && matches!(role, Role::Member | Role::Peer)
    }

    fn has(&self, chaincode: &str, version: &str) -> bool {
        version == "1" && self.chaincodes.contains(&chaincode)
    }
}

const ALL: [&str; 8] = ["hold", "_lifecycle", "any", "org2", "mixed", "twice", "alone", "keys"];

fn peer(organization: &'static str) -> FakePeer {
    FakePeer { organization, chaincodes: ALL.to_vec() }
}

fn policy(text: &str) -> SignaturePolicy {
    text.parse().unwrap()
}

fn majority() -> SignaturePolicy {
    policy("AND(OR('Org1MSP.peer'), OR('Org2MSP.peer'))")
}

fn collection(name: &str, members: &str, endorsement: Option<&str>) -> Collection {
    Collection {
        name: name.to_owned(),
        members: policy(members),
        endorsement_policy: endorsement.map(policy),
    }
}

fn chaincode(name: &str) -> Option<Chaincode> {
    let collections = vec![
        collection("ofOrg1", "OR('Org1MSP.member')", None),
        collection("ofBoth", "OR('Org1MSP.member', 'Org2MSP.member')", None),
        collection("byOrg2", "OR('Org1MSP.member', 'Org2MSP.member')", Some("OR('Org2MSP.peer')")),
        collection("byOrg1", "OR('Org1MSP.member', 'Org2MSP.member')", Some("OR('Org1MSP.member')")),
    ];
    let policy = match name {
        "hold" | "_lifecycle" => majority(),
        "any" => policy("OR('Org1MSP.peer', 'Org2MSP.peer')"),
        "org2" => policy("OR('Org2MSP.member')"),
        "mixed" => policy("AND('Org1MSP.admin', 'Org2MSP.peer')"),
        "twice" => policy("OutOf(2, 'Org1MSP.peer', 'Org1MSP.peer', 'Org2MSP.peer')"),
        "alone" => policy("AND('Org1MSP.peer', 'Org1MSP.peer')"),
        "empty" => SignaturePolicy::out_of(0, Vec::new()),
        "never" => SignaturePolicy::out_of(3, vec![policy("OR('Org1MSP.peer')")]),
        "always" => SignaturePolicy::out_of(0, vec![policy("OR('Org1MSP.peer')")]),
        "idemix" => SignaturePolicy::any_of(vec![Principal::Unsupported("anonymity".to_owned())]),
        _ => return None,
    };
    Some(Chaincode { version: "1".to_owned(), policy, collections })
}

/// Reads calls such as `hold/ofOrg1,byOrg2 any`; behind the name may follow `!` for calls without reads of private data
/// and `-` for those that disregard the namespace's policy.
fn interest(text: &str, keys: &[&str]) -> ChaincodeInterest {
    let call = |word: &str| {
        let (name, collections) = word.split_once('/').unwrap_or((word, ""));
        let collections = collections.split(',').filter(|name| !name.is_empty()).map(str::to_owned);
        ChaincodeCall {
            name: name.trim_end_matches(['!', '-']).to_owned(),
            collection_names: collections.collect(),
            no_private_reads: name.contains('!'),
            disregard_namespace_policy: name.contains('-'),
            ..ChaincodeCall::default()
        }
    };
    let mut interest = ChaincodeInterest { chaincodes: text.split_whitespace().map(call).collect() };
    if let Some(last) = interest.chaincodes.last_mut() {
        last.key_policies = keys.iter().map(|key| policy(key).to_envelope()).collect();
    }
    interest
}

/// Returns layouts as text, such as `Org1MSP.peer=1 Org2MSP.peer=1 | Org2MSP.peer=2`.
fn layouts(peers: &[FakePeer], interest: &ChaincodeInterest) -> Result<String, LayoutError> {
    let view = ChannelView { channel: "mychannel", chaincode: &chaincode, peers };
    let found = view.endorsers(interest)?;
    let layout = |layout: &ccs_layouts::Layout| {
        let part = |(index, count): &(usize, u32)| {
            format!("{}={count}", found.groups[*index].principal).replace('\'', "")
        };
        layout.quantities.iter().map(part).collect::<Vec<_>>().join(" ")
    };
    Ok(found.layouts.iter().map(layout).collect::<Vec<_>>().join(" | "))
}

/// Returns the layouts, or the text of the error.
fn answer(peers: &[FakePeer], calls: &str, keys: &[&str]) -> String {
    layouts(peers, &interest(calls, keys)).unwrap_or_else(|error| error.to_string())
}

const BOTH: &str = "Org1MSP.peer=1 Org2MSP.peer=1";
const NO_PEERS: &str = "no peer combination can satisfy the endorsement policy";

#[test]
fn the_answers_of_a_fabric_peer_are_given() {
    let both = [peer("Org1MSP"), peer("Org2MSP")];
    for (calls, expected) in [
        ("hold", BOTH),
        ("_lifecycle", BOTH),
        ("any", "Org1MSP.peer=1 | Org2MSP.peer=1"),
        ("hold any", BOTH),
        ("any hold", BOTH),
        ("hold/ofOrg1", NO_PEERS),
        ("hold!/ofOrg1", BOTH),
        ("hold/ofBoth", BOTH),
        ("hold/byOrg2", "Org2MSP.peer=1"),
        ("hold/byOrg2,byOrg1", "Org2MSP.peer=1 Org1MSP.member=1"),
        ("hold/byOrg2 hold", "Org2MSP.peer=1 Org1MSP.peer=1"),
        ("hold/ofBoth,byOrg2,ofBoth", BOTH),
        ("hold/_implicit_org_Org1MSP", "Org1MSP.member=1"),
        ("hold hold!/_implicit_org_Org1MSP", BOTH),
        ("hold/_implicit_org_Org3MSP", NO_PEERS),
        ("hold hold/_implicit_org_Org1MSP", NO_PEERS),
        ("any org2", "Org1MSP.peer=1 Org2MSP.member=1 | Org2MSP.peer=1"),
        ("twice", &format!("{BOTH} | {BOTH}")),
        ("twice any", BOTH),
        ("alone", NO_PEERS),
        ("mixed", NO_PEERS),
        ("qscc", "No metadata was found for chaincode qscc in channel mychannel"),
        ("hold nowhere", "No metadata was found for chaincode nowhere in channel mychannel"),
        ("hold/none", "collection none doesn't exist in collection config for chaincode hold"),
        ("hold!/none", BOTH),
        (
            "hold/_implicit_org_a/b",
            "collection _implicit_org_a/b doesn't exist in collection config for chaincode hold",
        ),
        ("empty", "policy not found"),
        ("never", "endorsement policy cannot be satisfied"),
        ("always", "endorsement policy cannot be satisfied"),
        ("idemix", "failed creating a comparable principal set"),
        ("", "chaincode interest must contain at least one chaincode"),
    ] {
        assert_eq!(answer(&both, calls, &[]), expected, "{calls}");
    }
}

#[test]
fn policies_of_keys_are_further_policies() {
    let both = [peer("Org1MSP"), peer("Org2MSP")];
    let (org1, org2) = ("OR('Org1MSP.member')", "OR('Org2MSP.member')");
    for (calls, keys, expected) in [
        ("hold", &[org1][..], BOTH),
        ("hold-", &[org1], "Org1MSP.member=1"),
        ("hold-", &[org1, org2], "Org1MSP.member=1 Org2MSP.member=1"),
        ("hold-", &[org1, org1], "Org1MSP.member=1"),
        ("any", &[org1], "Org1MSP.peer=1 | Org2MSP.peer=1 Org1MSP.member=1"),
        ("hold-/byOrg2,byOrg1", &[], "Org1MSP.member=1"),
        ("hold-", &["OR('Org3MSP.member')"], NO_PEERS),
    ] {
        assert_eq!(answer(&both, calls, keys), expected, "{calls} {keys:?}");
    }
    assert_eq!(
        answer(&both, "any hold-", &[]),
        "requested to disregard chaincode hold's policy but key and collection policies are missing, either disable \
         DisregardNamespacePolicy or specify at least one key policy or at least one collection policy"
    );
    let mut of_key = interest("any", &[org1]);
    let never = SignaturePolicy::out_of(2, vec![policy(org1)]);
    of_key.chaincodes[0].key_policies = vec![never.to_envelope()];
    let error = layouts(&both, &of_key).unwrap_err().to_string();
    assert_eq!(error, "state based endorsement policy cannot be satisfied");
    of_key.chaincodes[0].key_policies[0].version = 1;
    let error = layouts(&both, &of_key).unwrap_err().to_string();
    assert_eq!(error, "failed creating a comparable principal set for state based endorsement");
}

#[test]
fn only_peers_that_have_every_chaincode_endorse() {
    let with = |organization, chaincodes: &[&'static str]| FakePeer {
        organization,
        chaincodes: chaincodes.to_vec(),
    };
    let peers = [with("Org1MSP", &["hold"]), with("Org2MSP", &["any", "hold"])];
    assert_eq!(answer(&peers, "any", &[]), "Org2MSP.peer=1");
    assert_eq!(answer(&peers, "hold", &[]), BOTH);
    assert_eq!(answer(&peers, "hold any", &[]), "required chaincodes are not installed on sufficient peers");
    let peers = [peer("Org1MSP"), with("Org1MSP", &[]), peer("Org1MSP"), peer("Org2MSP")];
    assert_eq!(answer(&peers, "alone", &[]), "Org1MSP.peer=2");
    assert_eq!(answer(&peers, "twice", &[]), format!("Org1MSP.peer=2 | {BOTH} | {BOTH}"));
    assert_eq!(answer(&[], "any", &[]), NO_PEERS);
}

#[test]
fn a_filter_selects_the_members_that_have_the_chaincodes() {
    let peers = [peer("Org1MSP"), peer("Org2MSP"), FakePeer { organization: "Org1MSP", chaincodes: vec![] }];
    let view = ChannelView { channel: "mychannel", chaincode: &chaincode, peers: &peers };
    let count = |calls: &str| view.authorized_peers(&interest(calls, &[])).map(|peers| peers.len());
    assert_eq!(count(""), Ok(3));
    assert_eq!(count("hold"), Ok(2));
    assert_eq!(count("hold/ofOrg1"), Ok(1));
    assert_eq!(count("hold!/ofOrg1"), Ok(2));
    assert_eq!(
        count("nowhere").unwrap_err().to_string(),
        "No metadata was found for chaincode nowhere in channel mychannel"
    );
}

/// Returns a gate over 40 organizations.
fn wide(n: u32) -> SignaturePolicy {
    SignaturePolicy::out_of(n, (1..=40).map(|org| policy(&format!("OR('Org{org}MSP.peer')"))).collect())
}

#[test]
fn hostile_policies_end_in_time() {
    let peers = [peer("Org1MSP"), peer("Org2MSP")];
    let started = std::time::Instant::now();
    let mut hostile = interest("any", &[]);
    // Each has 137,846,528,820 combinations.
    hostile.chaincodes[0].key_policies =
        vec![wide(20).to_envelope(), wide(21).to_envelope(), wide(19).to_envelope()];
    assert_eq!(layouts(&peers, &hostile), Err(LayoutError::NoPeers));
    let nested = SignaturePolicy::out_of(20, vec![wide(2); 40]);
    hostile.chaincodes[0].key_policies = vec![nested.to_envelope()];
    assert_eq!(layouts(&peers, &hostile), Err(LayoutError::NoPeers));
    hostile.chaincodes[0].key_policies = vec![policy("OR('Org1MSP.peer')").to_envelope(); 10_000];
    assert_eq!(layouts(&peers, &hostile), Err(LayoutError::TooLarge));
    hostile.chaincodes =
        (0..8000).map(|n| interest(&format!("any/_implicit_org_{n}"), &[]).chaincodes[0].clone()).collect();
    assert_eq!(layouts(&peers, &hostile), Err(LayoutError::Unsatisfiable));
    assert!(started.elapsed() < std::time::Duration::from_mins(1), "took {:?}", started.elapsed());
}
