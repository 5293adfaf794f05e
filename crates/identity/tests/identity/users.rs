//! The users of an organization in its folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::SystemTime;

use ccs_identity::{
    Attributes, NewUser, Organization, OrganizationPlan, Role, Signer, User, UserError, UserName, Users,
};

use crate::network::id;

fn make(root: &Path, number: u8) -> Organization {
    let plan = OrganizationPlan::of_test_network(number, "localhost:7051".to_owned());
    Organization::open_or_make(&plan, root, SystemTime::now()).unwrap().0
}

fn new_user(name: &str) -> NewUser {
    let attributes: Attributes = [("role", "auditor")].into_iter().collect();
    NewUser { name: name.parse().unwrap(), role: Role::Client, attributes }
}

fn add(root: &Path, name: &str) -> Result<User, UserError> {
    Users::find(root, None)?.add(&new_user(name), SystemTime::now())
}

#[test]
fn a_user_signs_for_the_organization_and_has_attributes() {
    let root = tempfile::tempdir().unwrap();
    let organization = make(root.path(), 1);
    let user = add(root.path(), "alice").unwrap();
    let folder = root.path().join("peerOrganizations/org1.example.com/users/alice@org1.example.com");
    assert_eq!((user.name.as_str(), &user.folder), ("alice", &folder));
    let pairs: Vec<_> = user.attributes.iter().collect();
    assert_eq!(
        pairs,
        [("hf.Affiliation", ""), ("hf.EnrollmentID", "alice"), ("hf.Type", "client"), ("role", "auditor")]
    );
    let signer = Signer::read(&id("Org1MSP"), &folder.join("msp")).unwrap();
    let identity = organization.msp().identify(signer.certificate().clone()).unwrap();
    assert!(identity.has_role(Role::Client) && !identity.has_role(Role::Admin));
    assert_eq!(identity.verify(b"message", &signer.sign(b"message").unwrap()), Ok(()));
    assert_eq!(signer.certificate().subject(), "OU=client,CN=alice@org1.example.com");

    // The files are those of User1.
    let names = |user: &str| {
        let folder = folder.with_file_name(format!("{user}@org1.example.com"));
        let entries = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().map(|entry| {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            let path = entry.path().strip_prefix(&folder).unwrap().display().to_string();
            format!("{mode:o} {}", path.replace(user, "NAME"))
        });
        entries.collect::<Vec<_>>()
    };
    assert_eq!(names("alice"), names("User1"));
    let hidden = fs::read_dir(root.path().join("peerOrganizations/org1.example.com")).unwrap();
    let hidden =
        hidden.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0, "no draft is left");
}

#[test]
fn users_are_listed_by_name_with_their_roles() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), 2);
    let users = Users::find(root.path(), Some("Org2MSP")).unwrap();
    let admin = NewUser { role: Role::Admin, ..new_user("bob") };
    users.add(&admin, SystemTime::now()).unwrap();
    fs::create_dir(root.path().join("peerOrganizations/org2.example.com/users/notes")).unwrap();
    let listed: Vec<_> =
        users.list().into_iter().map(|user| (user.name, user.units, user.attributes.is_empty())).collect();
    let row = |name: &str, unit: &str, plain| (name.to_owned(), vec![unit.to_owned()], plain);
    assert_eq!(
        listed,
        [row("Admin", "admin", true), row("User1", "client", true), row("bob", "admin", false)]
    );
}

#[test]
fn an_organization_is_found_by_each_of_its_names() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("peerOrganizations").display().to_string();
    let error = Users::find(root.path(), Some("org1")).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no organization in {path}"));
    assert_eq!(
        error.hint().unwrap(),
        "start `ccs dev` once, which creates it, or name the folder: --organizations DIR"
    );
    make(root.path(), 1);
    make(root.path(), 2);
    let find = |name| Users::find(root.path(), name).map(|users| users.domain().to_string());
    assert_eq!(find(None).unwrap(), "org1.example.com");
    for name in ["org2", "Org2", "Org2MSP", "org2.example.com"] {
        assert_eq!(find(Some(name)).unwrap(), "org2.example.com");
    }
    let error = find(Some("org3")).unwrap_err();
    assert_eq!(error.to_string(), format!("there is no organization org3 in {path}"));
    assert_eq!(error.hint().unwrap(), "name one of: org1.example.com, org2.example.com");
}

#[test]
fn a_user_is_added_once_and_only_by_the_cas_of_the_organization() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), 1);
    let folder = root.path().join("peerOrganizations/org1.example.com");
    let text = |error: &UserError| error.to_string().replace(folder.to_str().unwrap(), "FOLDER");
    let error = add(root.path(), "User1").unwrap_err();
    assert_eq!(text(&error), "user User1 already exists in FOLDER/users/User1@org1.example.com");

    // The CA of another organization with the same name.
    let other = tempfile::tempdir().unwrap();
    make(other.path(), 1);
    for file in ["priv_sk", "ca.org1.example.com-cert.pem"] {
        let from = other.path().join("peerOrganizations/org1.example.com/ca").join(file);
        fs::copy(from, folder.join("ca").join(file)).unwrap();
    }
    let error = text(&add(root.path(), "alice").unwrap_err());
    assert!(
        error.starts_with("FOLDER/ca: the CA does not issue identities of the organization: "),
        "{error}"
    );

    let users = Users::find(root.path(), None).unwrap();
    let served = || users.ca(&["localhost".to_owned()], SystemTime::now()).unwrap_err();
    let refused = text(&served());
    assert!(refused.starts_with("FOLDER/ca: the CA does not issue identities"), "{refused}");
    assert!(served().hint().unwrap().starts_with("restore the certificate"), "{refused}");

    fs::remove_file(folder.join("ca/priv_sk")).unwrap();
    let error = add(root.path(), "alice").unwrap_err();
    assert_eq!(text(&error), "cannot read FOLDER/ca/priv_sk: No such file or directory (os error 2)");
    assert!(error.hint().unwrap().contains("hold the keys of its CAs"));
    assert!(!folder.join("users/alice@org1.example.com").exists());
}

#[test]
fn a_server_of_the_ca_has_a_certificate_of_it() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), 1);
    let users = Users::find(root.path(), Some("org1")).unwrap();
    // Identities do not need the CA for TLS.
    fs::remove_dir_all(root.path().join("peerOrganizations/org1.example.com/tlsca")).unwrap();
    let pairs = users.ca(&["localhost".to_owned()], SystemTime::now()).unwrap();
    let folder = root.path().join("peerOrganizations/org1.example.com/ca");
    assert_eq!(
        pairs.ca.certificate,
        fs::read_to_string(folder.join("ca.org1.example.com-cert.pem")).unwrap()
    );
    assert_eq!(pairs.ca.key, fs::read_to_string(folder.join("priv_sk")).unwrap());
    let chain =
        ccs_certificates::read_key_pair(pairs.server.certificate.as_bytes(), pairs.server.key.as_bytes());
    let chain = chain.unwrap().chain;
    assert!(ccs_certificates::host_matches(&chain[0], "localhost"));
    assert_eq!(
        chain[0].issuer(),
        "CN=ca.org1.example.com,O=org1.example.com,L=Durham,ST=North Carolina,C=US"
    );
}

#[test]
fn the_name_of_a_user_can_be_that_of_a_folder() {
    for text in ["alice", "User1", "a.b-c_d", "1"] {
        assert_eq!(text.parse::<UserName>().unwrap().to_string(), text);
    }
    for text in ["", ".", "..", "-a", "a/b", "a b", "a@b", "\u{e9}", &"a".repeat(33)] {
        let error = text.parse::<UserName>().unwrap_err().to_string();
        assert!(error.starts_with(&format!("invalid user name '{text}': use at most 32 letters")), "{error}");
    }
}
