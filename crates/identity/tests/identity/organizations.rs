//! Certificates and keys of an organization, in memory and in its folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use ccs_certificates::{host_matches, read_bundle, read_key_pair};
use ccs_identity::{
    CaProfile, Domain, Host, OrdererOrganization, OrdererPlan, OrdererProfile, Organization,
    OrganizationError, OrganizationPlan, Origin, ProfileSettings, Role,
};
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use crate::network::id;

/// Files that cryptogen writes for the same organization, plus the two connection profiles and `cert.pem`.
const LAYOUT: &str = "\
755 
755 ca
644 ca/ca.org1.example.com-cert.pem
600 ca/priv_sk
644 connection-org1.json
644 connection-org1.yaml
755 msp
755 msp/admincerts
755 msp/cacerts
644 msp/cacerts/ca.org1.example.com-cert.pem
644 msp/config.yaml
755 msp/tlscacerts
644 msp/tlscacerts/tlsca.org1.example.com-cert.pem
755 peers
755 peers/peer0.org1.example.com
MSP peers/peer0.org1.example.com
755 peers/peer0.org1.example.com/tls
644 peers/peer0.org1.example.com/tls/ca.crt
644 peers/peer0.org1.example.com/tls/server.crt
600 peers/peer0.org1.example.com/tls/server.key
755 tlsca
600 tlsca/priv_sk
644 tlsca/tlsca.org1.example.com-cert.pem
755 users
755 users/Admin@org1.example.com
MSP users/Admin@org1.example.com
755 users/Admin@org1.example.com/tls
644 users/Admin@org1.example.com/tls/ca.crt
644 users/Admin@org1.example.com/tls/client.crt
600 users/Admin@org1.example.com/tls/client.key
755 users/User1@org1.example.com
MSP users/User1@org1.example.com
755 users/User1@org1.example.com/tls
644 users/User1@org1.example.com/tls/ca.crt
644 users/User1@org1.example.com/tls/client.crt
600 users/User1@org1.example.com/tls/client.key
";

const MSP: &str = "\
755 F/msp
755 F/msp/admincerts
755 F/msp/cacerts
644 F/msp/cacerts/ca.org1.example.com-cert.pem
644 F/msp/config.yaml
700 F/msp/keystore
600 F/msp/keystore/priv_sk
755 F/msp/signcerts
644 F/msp/signcerts/NAME-cert.pem
644 F/msp/signcerts/cert.pem
755 F/msp/tlscacerts
644 F/msp/tlscacerts/tlsca.org1.example.com-cert.pem
";

fn plan(hosts: &[&str]) -> OrganizationPlan {
    OrganizationPlan {
        msp_id: id("Org1MSP"),
        domain: "org1.example.com".parse().unwrap(),
        hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
        endpoint: "localhost:7051".to_owned(),
    }
}

/// Organization in a folder of its own.
struct Made {
    root: TempDir,
    organization: Organization,
}

impl Made {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let made = Organization::open_or_make(&plan(&["host.example.com"]), root.path(), SystemTime::now());
        let (organization, origin) = made.unwrap();
        assert_eq!(origin, Origin::Made);
        Self { root, organization }
    }

    fn folder(&self) -> std::path::PathBuf {
        Organization::folder(self.root.path(), &plan(&[]))
    }

    fn open_at(&self, hosts: &[&str], now: SystemTime) -> Result<(Organization, Origin), OrganizationError> {
        Organization::open_or_make(&plan(hosts), self.root.path(), now)
    }

    fn refused(&self) -> String {
        self.text(&self.open_at(&[], SystemTime::now()).unwrap_err())
    }

    fn text(&self, error: &OrganizationError) -> String {
        error.to_string().replace(self.folder().to_str().unwrap(), "FOLDER")
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder().join(path)).unwrap()
    }
}

fn layout(folder: &Path) -> String {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(|entry| {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        format!("{mode:o} {}\n", entry.path().strip_prefix(folder).unwrap().display())
    });
    let mut lines: Vec<_> = entries.collect();
    lines.sort_by(|one, other| one[4..].cmp(&other[4..]));
    lines.concat()
}

/// Returns the layout that a description with lines `MSP FOLDER` expects.
fn expected(description: &str) -> String {
    let expected = description.lines().map(|line| match line.strip_prefix("MSP ") {
        Some(folder) => MSP.replace('F', folder).replace("NAME", folder.split_once('/').unwrap().1),
        None => format!("{line}\n"),
    });
    let mut expected: Vec<_> = expected.collect::<String>().lines().map(|line| format!("{line}\n")).collect();
    expected.sort_by(|one, other| one[4..].cmp(&other[4..]));
    expected.concat()
}

#[test]
fn the_folder_is_laid_out_as_by_cryptogen() {
    let made = Made::new();
    assert_eq!(layout(&made.folder()), expected(LAYOUT));
    assert_eq!(names(made.root.path()), [".gitignore", "peerOrganizations"], "no draft is left");
    assert_eq!(names(&made.root.path().join("peerOrganizations")), ["org1.example.com"]);
}

/// Names in the folder of peers become those in the folder of the orderer.
#[test]
fn an_organization_with_an_orderer_has_a_folder_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let plan = OrdererPlan::of_test_network();
    let open = || OrdererOrganization::open_or_make(&plan, root.path(), SystemTime::now());
    let (made, origin) = open().unwrap();
    assert_eq!(origin, Origin::Made);
    let folder = OrdererOrganization::folder(root.path(), &plan);
    assert_eq!(folder, root.path().join("ordererOrganizations/example.com"));
    let of_peers = LAYOUT.lines().filter(|line| !line.contains("User1") && !line.contains("connection-"));
    let of_peers: Vec<_> = of_peers.map(|line| format!("{line}\n")).collect();
    let orderers = expected(&of_peers.concat().replace("peers", "orderers").replace("peer0.", "orderer."))
        .replace("org1.example.com", "example.com");
    let mut sorted: Vec<_> = orderers.lines().map(|line| format!("{line}\n")).collect();
    sorted.sort_by(|one, other| one[4..].cmp(&other[4..]));
    assert_eq!(layout(&folder), sorted.concat());

    let (found, origin) = open().unwrap();
    assert_eq!(origin, Origin::Found);
    assert_eq!(found.orderer().creator(), made.orderer().creator());
    assert_eq!(found.admin().creator(), made.admin().creator());
    assert_eq!(found.tls(), made.tls());
    assert_eq!(found.msp().id(), &id("OrdererMSP"));
    for host in ["orderer.example.com", "orderer", "localhost", "127.0.0.1", "::1"] {
        assert!(found.tls().is_for(host), "{host}");
    }
    for (signer, role) in [(found.orderer(), Role::Orderer), (found.admin(), Role::Admin)] {
        assert!(found.msp().identify(signer.certificate().clone()).unwrap().has_role(role));
    }

    let path = folder.join("orderers/orderer.example.com/tls/server.key");
    fs::write(path, "").unwrap();
    let error = open().unwrap_err().to_string().replace(folder.to_str().unwrap(), "FOLDER");
    assert_eq!(error, "FOLDER/orderers/orderer.example.com/tls/server.crt: server.key cannot be read");
}

#[test]
fn organizations_of_the_test_network_have_numbers() {
    let now = SystemTime::now();
    let place = [
        "C=US,ST=North Carolina,L=Durham",
        "C=UK,ST=Hampshire,L=Hursley",
        "C=US,ST=North Carolina,L=Raleigh",
    ];
    for (number, place) in (1_u8..).zip(place) {
        let plan = OrganizationPlan::of_test_network(number, format!("localhost:{number}"));
        assert_eq!(plan.msp_id, id(&format!("Org{number}MSP")));
        assert_eq!(plan.domain.to_string(), format!("org{number}.example.com"));
        let organization = Organization::in_memory(&plan, now).unwrap();
        let [ca] = &organization.msp().settings().roots[..] else { panic!("one CA") };
        // As text, a name begins with its last part.
        let mut parts: Vec<_> = place.split(',').collect();
        parts.reverse();
        let domain = &plan.domain;
        assert_eq!(ca.subject(), format!("CN=ca.{domain},O={domain},{}", parts.join(",")));
    }
    let orderer = OrdererOrganization::in_memory(&OrdererPlan::of_test_network(), now).unwrap();
    assert_eq!(
        orderer.msp().settings().roots[0].subject(),
        "CN=ca.example.com,O=example.com,L=New York,ST=New York,C=US"
    );
    let plan = OrganizationPlan { domain: "acme.test".parse().unwrap(), ..plan(&[]) };
    let organization = Organization::in_memory(&plan, now).unwrap();
    assert_eq!(organization.msp().settings().roots[0].subject(), "CN=ca.acme.test,O=acme.test");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_certificate_has_the_name_that_a_client_of_fabric_ca_gives_it_too() {
    let made = Made::new();
    for member in ["peers/peer0", "users/Admin", "users/User1"] {
        let (folder, name) = member.split_once('/').unwrap();
        let name = if folder == "peers" {
            format!("{name}.org1.example.com")
        } else {
            format!("{name}@org1.example.com")
        };
        let read = |file: &str| made.read(&format!("{folder}/{name}/msp/signcerts/{file}"));
        assert_eq!(read("cert.pem"), read(&format!("{name}-cert.pem")));
    }
}

#[test]
fn git_ignores_organizations_that_were_made() {
    let made = Made::new();
    assert_eq!(fs::read_to_string(made.root.path().join(".gitignore")).unwrap(), "*\n");
    assert!(!made.folder().join(".gitignore").exists());
}

#[test]
fn in_a_folder_that_holds_other_files_git_ignores_only_the_organization() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("crypto-config.yaml"), "").unwrap();
    Organization::open_or_make(&plan(&[]), root.path(), SystemTime::now()).unwrap();
    assert_eq!(names(root.path()), ["crypto-config.yaml", "peerOrganizations"]);
    let ignored = Organization::folder(root.path(), &plan(&[])).join(".gitignore");
    assert_eq!(fs::read_to_string(ignored).unwrap(), "*\n");
}

#[test]
fn several_processes_that_make_one_folder_at_once_agree_and_clients_see_no_draft() {
    let root = tempfile::tempdir().unwrap();
    let all = root.path().join("peerOrganizations");
    let certificate = "users/User1@org1.example.com/msp/signcerts/User1@org1.example.com-cert.pem";
    let (begin, done) = (Barrier::new(9), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let make = || {
            begin.wait();
            Organization::open_or_make(&plan(&[]), root.path(), SystemTime::now()).unwrap()
        };
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        // A client that reads the first organization that it finds.
        let client = scope.spawn(|| {
            begin.wait();
            while !done.load(Ordering::Relaxed) {
                for name in names(&all) {
                    assert_eq!(name, "org1.example.com");
                    assert!(all.join(name).join(certificate).is_file());
                }
            }
        });
        let ended: Vec<_> = makers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        client.join().unwrap();
        let organizations: Vec<_> = ended.into_iter().map(Result::unwrap).collect();
        let origins = organizations.iter().filter(|(_, origin)| *origin == Origin::Made);
        assert_eq!(origins.count(), 1);
        let (first, _) = &organizations[0];
        assert!(organizations.iter().all(|(one, _)| one.user().creator() == first.user().creator()));
    });
    assert_eq!(names(root.path()), [".gitignore", "peerOrganizations"], "no draft is left");
}

#[test]
fn what_was_made_is_found_again_unchanged() {
    let made = Made::new();
    let before = made.read("peers/peer0.org1.example.com/msp/keystore/priv_sk");
    let (found, origin) = made.open_at(&["host.example.com"], SystemTime::now()).unwrap();
    assert_eq!(origin, Origin::Found);
    for (one, other) in [
        (made.organization.peer(), found.peer()),
        (made.organization.admin(), found.admin()),
        (made.organization.user(), found.user()),
    ] {
        assert_eq!(one.creator(), other.creator());
    }
    assert_eq!(made.organization.tls(), found.tls());
    assert_eq!(made.read("peers/peer0.org1.example.com/msp/keystore/priv_sk"), before);
}

#[test]
fn members_have_their_roles_and_sign() {
    let organization = Organization::in_memory(&plan(&[]), SystemTime::now()).unwrap();
    for (signer, role, subject) in [
        (organization.peer(), Role::Peer, "OU=peer,CN=peer0.org1.example.com"),
        (organization.admin(), Role::Admin, "OU=admin,CN=Admin@org1.example.com"),
        (organization.user(), Role::Client, "OU=client,CN=User1@org1.example.com"),
    ] {
        let identity = organization.msp().identify(signer.certificate().clone()).unwrap();
        assert!(identity.has_role(role));
        assert_eq!(signer.certificate().subject(), subject);
        assert_eq!(identity.creator(), signer.creator());
        assert_eq!(identity.verify(b"message", &signer.sign(b"message").unwrap()), Ok(()));
    }
}

#[test]
fn the_peer_is_known_by_its_name_this_machine_and_the_hosts_asked_for() {
    let organization = Organization::in_memory(&plan(&["10.0.0.1", "localhost"]), SystemTime::now()).unwrap();
    let tls = organization.tls();
    let pair = read_key_pair(tls.server.certificate.as_bytes(), tls.server.key.as_bytes()).unwrap();
    for host in [
        "peer0.org1.example.com",
        "peer0",
        "orderer.example.com",
        "localhost",
        "127.0.0.1",
        "::1",
        "10.0.0.1",
    ] {
        assert!(host_matches(&pair.chain[0], host), "{host}");
    }
    let ca = read_bundle(tls.ca.as_bytes()).unwrap().certificates.remove(0);
    assert!(ca.is_ca());
    assert_eq!(ca.subject(), pair.chain[0].issuer());
    assert!(tls.server.key.starts_with("-----BEGIN PRIVATE KEY-----"));
}

#[test]
fn every_certificate_is_signed_with_a_low_s() {
    let made = Made::new();
    let certificates =
        walkdir::WalkDir::new(made.folder()).into_iter().map(|entry| entry.unwrap().into_path());
    let certificates =
        certificates.filter(|path| path.extension().is_some_and(|end| end == "pem" || end == "crt"));
    let mut count = 0;
    for path in certificates {
        let der = ccs_identity::Certificate::from_pem(&fs::read(&path).unwrap()).unwrap().der().to_vec();
        // A certificate ends with its signature of up to 72 bytes.
        let mut ends = (8..=72).map(|length| &der[der.len() - length..]);
        let signature = ends.find_map(|end| p256::ecdsa::Signature::from_der(end).ok()).unwrap();
        assert_eq!(signature, signature.normalize_s(), "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 22);
}

#[test]
fn the_profiles_say_where_the_peer_is() {
    let made = Made::new();
    let profile: serde_json::Value = serde_json::from_str(&made.read("connection-org1.json")).unwrap();
    let name = "peer0.org1.example.com";
    let pem = &made.organization.tls().ca;
    let node = |scheme: &str| {
        json!({
            "url": format!("{scheme}://localhost:7051"),
            "tlsCACerts": { "pem": pem },
            "grpcOptions": { "ssl-target-name-override": name, "hostnameOverride": name },
        })
    };
    let mut expected = json!({
        "name": "development-org1",
        "version": "1.0.0",
        "client": { "organization": "Org1" },
        "organizations": { "Org1": {
            "mspid": "Org1MSP", "peers": [name], "certificateAuthorities": ["ca.org1.example.com"],
        } },
        "peers": { name: node("grpcs") },
        "orderers": { "orderer.example.com": node("grpcs") },
        "certificateAuthorities": { "ca.org1.example.com": {
            "url": "https://localhost:7054",
            "caName": "ca-org1",
            "tlsCACerts": { "pem": [pem] },
            "httpOptions": { "verify": false },
        } },
    });
    assert_eq!(profile, expected);
    let yaml: serde_json::Value = serde_saphyr::from_str(&made.read("connection-org1.yaml")).unwrap();
    assert_eq!(yaml, expected);

    // Channels and TLS may change with each start of the peer.
    let mut settings = ProfileSettings {
        is_tls: false,
        channels: vec!["mychannel".to_owned(), "1".to_owned()],
        orderer: None,
        ca: None,
    };
    made.organization.update_profiles(&plan(&[]), made.root.path(), &settings).unwrap();
    let channel = json!({
        "orderers": ["orderer.example.com"],
        "peers": { name: {
            "endorsingPeer": true, "chaincodeQuery": true, "ledgerQuery": true, "eventSource": true,
        } },
    });
    expected["channels"] = json!({ "mychannel": channel, "1": channel });
    expected["peers"][name] = node("grpc");
    expected["orderers"]["orderer.example.com"] = node("grpc");
    let profile: serde_json::Value = serde_json::from_str(&made.read("connection-org1.json")).unwrap();
    assert_eq!(profile, expected);
    let yaml: serde_json::Value = serde_saphyr::from_str(&made.read("connection-org1.yaml")).unwrap();
    assert_eq!(yaml, expected);

    // An orderer with a listener of its own has its own name and CA.
    let orderer = OrdererProfile { endpoint: "localhost:7050".to_owned(), tls_ca: "CA".to_owned() };
    settings.orderer = Some(orderer);
    settings.ca = Some(CaProfile { endpoint: "localhost:9".to_owned(), tls_ca: "ROOT".to_owned() });
    made.organization.update_profiles(&plan(&[]), made.root.path(), &settings).unwrap();
    let profile: serde_json::Value = serde_json::from_str(&made.read("connection-org1.json")).unwrap();
    let orderer = json!({
        "url": "grpc://localhost:7050",
        "tlsCACerts": { "pem": "CA" },
        "grpcOptions": {
            "ssl-target-name-override": "orderer.example.com", "hostnameOverride": "orderer.example.com",
        },
    });
    assert_eq!(profile["orderers"], json!({ "orderer.example.com": orderer }));
    assert_eq!(profile["peers"], expected["peers"]);
    let ca = &profile["certificateAuthorities"]["ca.org1.example.com"];
    assert_eq!((&ca["url"], &ca["tlsCACerts"]), (&json!("https://localhost:9"), &json!({ "pem": ["ROOT"] })));

    // A profile of other origin stays as it is.
    let path = made.folder().join("connection-org1.json");
    fs::write(&path, r#"{"name":"test-network-org1"}"#).unwrap();
    made.organization.update_profiles(&plan(&[]), made.root.path(), &settings).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), r#"{"name":"test-network-org1"}"#);
}

#[test]
fn certificates_that_ended_or_lack_a_host_are_refused() {
    let made = Made::new();
    let later = SystemTime::now() + Duration::from_hours(11 * 365 * 24);
    let error = made.open_at(&[], later).unwrap_err();
    assert_eq!(made.text(&error), "FOLDER/peers/peer0.org1.example.com/msp: the certificate has expired");
    assert_eq!(
        error.hint().as_deref(),
        Some(
            "move the organization's folder away; it is then recreated, and applications need the new files"
        )
    );
    let error = made.open_at(&["other.example.com"], SystemTime::now()).unwrap_err();
    assert_eq!(
        made.text(&error),
        "FOLDER/peers/peer0.org1.example.com/tls/server.crt: the certificate is not for host 'other.example.com'"
    );
}

/// Certificates of cryptogen for the peers of Fabric's test network are for the peer's name and localhost.
#[test]
fn a_certificate_needs_no_host_but_the_peers_name() {
    let made = Made::new();
    let mut parameters =
        rcgen::CertificateParams::new(["peer0.org1.example.com", "localhost"].map(String::from)).unwrap();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "peer0.org1.example.com");
    let ca = rcgen::KeyPair::from_pem(&made.read("tlsca/priv_sk")).unwrap();
    let ca_pem = made.read("tlsca/tlsca.org1.example.com-cert.pem");
    let issuer = rcgen::Issuer::from_ca_cert_pem(&ca_pem, ca).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.signed_by(&key, &issuer).unwrap();
    let tls = made.folder().join("peers/peer0.org1.example.com/tls");
    fs::write(tls.join("server.crt"), certificate.pem()).unwrap();
    fs::write(tls.join("server.key"), key.serialize_pem()).unwrap();
    let (found, origin) = made.open_at(&[], SystemTime::now()).unwrap();
    assert_eq!(origin, Origin::Found);
    let is_for =
        ["localhost", "127.0.0.1", "::1", "orderer.example.com"].map(|host| found.tls().is_for(host));
    assert_eq!(is_for, [true, false, false, false]);
}

#[test]
fn a_new_certificate_is_for_the_host_that_applications_dial() {
    for (endpoint, host) in [("192.0.2.7:7051", "192.0.2.7"), ("[2001:db8::1]:7051", "2001:db8::1")] {
        let plan = OrganizationPlan { endpoint: endpoint.to_owned(), ..plan(&[]) };
        assert_eq!(plan.endpoint_host(), host);
        let organization = Organization::in_memory(&plan, SystemTime::now()).unwrap();
        assert!(organization.tls().is_for(host), "{host}");
    }
}

#[test]
fn the_orderer_has_a_name_beside_the_organizations() {
    for (domain, orderer) in [
        ("org1.example.com", "orderer.example.com"),
        ("org1.acme.example.com", "orderer.acme.example.com"),
        ("localhost", "orderer.localhost"),
    ] {
        let plan = OrganizationPlan { domain: domain.parse().unwrap(), ..plan(&[]) };
        assert_eq!(plan.orderer_name(), orderer);
    }
}

#[test]
fn a_folder_with_a_fault_is_refused_and_stays_as_it_is() {
    let other = Made::new();
    let peer = "peers/peer0.org1.example.com";
    let cases = [
        (
            format!("{peer}/msp/keystore/priv_sk"),
            Some(other.read(&format!("{peer}/msp/keystore/priv_sk"))),
            format!(
                "FOLDER/{peer}/msp: the key does not belong to certificate 'OU=peer,CN=peer0.org1.example.com'"
            ),
        ),
        (
            format!("{peer}/tls/server.key"),
            Some(other.read(&format!("{peer}/tls/server.key"))),
            format!("FOLDER/{peer}/tls/server.crt: server.key belongs to another certificate"),
        ),
        (
            format!("{peer}/tls/ca.crt"),
            Some(other.read(&format!("{peer}/tls/ca.crt"))),
            format!("FOLDER/{peer}/tls/server.crt: ca.crt did not issue it: "),
        ),
        (
            format!("{peer}/tls/server.crt"),
            None,
            format!("cannot read FOLDER/{peer}/tls/server.crt: No such file or directory"),
        ),
        (
            "users/User1@org1.example.com/msp/keystore/priv_sk".to_owned(),
            None,
            "there is no key in FOLDER/users/User1@org1.example.com/msp/keystore".to_owned(),
        ),
        (
            "msp/cacerts/ca.org1.example.com-cert.pem".to_owned(),
            None,
            "there is no CA certificate in FOLDER/msp/cacerts".to_owned(),
        ),
    ];
    for (path, content, error) in cases {
        let made = Made::new();
        let path = made.folder().join(path);
        match content {
            Some(content) => fs::write(path, content).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        let before = layout(&made.folder());
        let found = made.refused();
        assert!(found.starts_with(&error), "{found}");
        assert_eq!(layout(&made.folder()), before);
    }
}

#[test]
fn a_member_in_the_folder_of_another_role_is_refused() {
    let made = Made::new();
    let users = made.folder().join("users");
    for part in ["msp/keystore/priv_sk", "msp/signcerts/{}-cert.pem"] {
        let file = |name: &str| users.join(name).join(part.replace("{}", name));
        fs::copy(file("User1@org1.example.com"), file("Admin@org1.example.com")).unwrap();
    }
    assert_eq!(
        made.refused(),
        "FOLDER/users/Admin@org1.example.com/msp: the certificate does not have the role admin"
    );
}

#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("peerOrganizations"), "").unwrap();
    let error = Organization::open_or_make(&plan(&[]), root.path(), SystemTime::now()).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");
}

#[test]
fn domains_and_hosts_are_names() {
    for text in ["org1.example.com", "localhost", "a-b.c1"] {
        assert_eq!(text.parse::<Domain>().unwrap().to_string(), text);
    }
    for text in ["", ".", "a..b", "../a", "a/b", "Org1", "-a", "a-", &"a".repeat(59)] {
        assert!(text.parse::<Domain>().unwrap_err().to_string().contains("invalid domain"), "{text}");
    }
    for text in ["peer.example.com", "127.0.0.1", "::1"] {
        assert_eq!(text.parse::<Host>().unwrap().to_string(), text);
    }
    for text in ["", "a b", "https://a", "a:1"] {
        let error = text.parse::<Host>().unwrap_err().to_string();
        assert_eq!(error, format!("'{text}' is neither a host name nor an IP address"));
    }
}

proptest! {
    #[test]
    fn a_domain_stays_in_its_folder(text in "[a-z0-9./-]{0,20}") {
        if let Ok(domain) = text.parse::<Domain>() {
            prop_assert_eq!(Path::new(domain.as_str()).components().count(), 1);
            prop_assert!(domain.as_str() != "..");
        }
    }
}
