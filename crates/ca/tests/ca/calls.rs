//! What each call answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use ccs_ca::Call;
use ccs_identity::{Attributes, Role};
use serde_json::json;

use crate::client::{Client, Network, basic, body, refusal, request, result};

fn unauthenticated() -> (u16, u64, String) {
    (401, 20, "Authentication failure".to_owned())
}

fn unauthorized() -> (u16, u64, String) {
    (403, 71, "Authorization failure".to_owned())
}

fn app_user() -> serde_json::Value {
    json!({
        "id": "appUser1", "type": "client", "affiliation": "org1.department1", "max_enrollments": 1,
        "attrs": [
            { "name": "abac.creator", "value": "true", "ecert": true },
            { "name": "email", "value": "a@b" },
        ],
    })
}

fn attributes(client: &Client) -> Option<String> {
    let parsed = client.parsed();
    parsed.attributes().map(|json| String::from_utf8(json.to_vec()).unwrap())
}

#[test]
fn the_ca_describes_itself() {
    let network = Network::new();
    for (method, uri) in [("GET", "/cainfo?ca=ca-org1"), ("POST", "/api/v1/cainfo"), ("POST", "/cainfo")] {
        let answer = network.call(method, uri, None, "");
        assert_eq!(answer.status, 200);
        assert!(answer.body.starts_with("{\"result\":{\"CAChain\":\"LS0tLS1CRUdJTi"), "{}", answer.body);
        assert!(
            answer.body.ends_with("}\n,\"errors\":[],\"messages\":[],\"success\":true}"),
            "{}",
            answer.body
        );
        let result = result(&answer);
        assert_eq!((&result["CAName"], &result["Version"]), (&json!("ca-org1"), &json!("1.5.21")));
    }
}

#[test]
fn a_registered_user_enrolls_and_is_an_identity_of_the_organization() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    assert_eq!(attributes(&admin), None);
    let answer = network.signed(&admin, "/api/v1/register", &app_user());
    assert_eq!(answer.location.as_deref(), Some("/api/v1/identities/appUser1"));
    let secret = result(&answer)["secret"].as_str().unwrap().to_owned();
    assert_eq!(secret.len(), 12);

    let user = network.enroll("appUser1", &secret).ok().unwrap();
    let parsed = user.parsed();
    // As text, the parts are in reverse order.
    assert_eq!(
        parsed.subject(),
        "CN=appUser1,OU=org1+OU=client+OU=department1,O=Hyperledger,ST=North Carolina,C=US"
    );
    assert_eq!(parsed.issuer(), "CN=ca.org1.example.com,O=org1.example.com,L=Durham,ST=North Carolina,C=US");
    assert_eq!(
        attributes(&user).as_deref(),
        Some(
            "{\"attrs\":{\"abac.creator\":\"true\",\"hf.Affiliation\":\"org1.department1\",\
             \"hf.EnrollmentID\":\"appUser1\",\"hf.Type\":\"client\"}}"
        )
    );
    assert!(!parsed.is_ca());
    assert_eq!(parsed.subject_alternative_names().len(), 1);
    let validity = parsed.not_after().duration_since(parsed.not_before()).unwrap();
    assert_eq!(validity, Duration::from_hours(365 * 24) + Duration::from_mins(5));
    let organization = network.organization();
    let identity = organization.msp().identify(user.signer().certificate().clone()).unwrap();
    assert!(identity.has_role(Role::Client));
    assert_eq!(identity.verify(b"message", &user.signer().sign(b"message").unwrap()), Ok(()));

    // Once, because of max_enrollments.
    assert_eq!(refusal(&network.enroll("appUser1", &secret).err().unwrap()), unauthenticated());
    let again = user.reenroll(&network, "appUser1").ok().unwrap();
    assert_eq!(again.parsed().subject(), parsed.subject());
    assert_ne!(again.parsed().serial_hex(), parsed.serial_hex());
}

#[test]
fn a_client_chooses_attributes_hosts_and_profile() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    let mut user = app_user();
    user["max_enrollments"] = json!(0);
    user["secret"] = json!("userpw");
    assert_eq!(network.register(&admin, &user), "userpw");
    let enroll = |more| network.enroll_with("appUser1", "userpw", more);

    let requests = json!([{ "name": "email" }, { "name": "nope", "optional": true }]);
    let chosen = enroll(json!({ "attr_reqs": requests })).ok().unwrap();
    assert_eq!(attributes(&chosen).as_deref(), Some("{\"attrs\":{\"email\":\"a@b\"}}"));
    let missing = enroll(json!({ "attr_reqs": [{ "name": "nope", "optional": false }] })).err().unwrap();
    let text = "Failed to find requested attributes: The following required attributes are missing: [nope]";
    assert_eq!(refusal(&missing), (500, 0, text.to_owned()));

    let hosts = json!(["peer0.org1.example.com", "127.0.0.1"]);
    let tls = enroll(json!({ "profile": "tls", "hosts": hosts })).ok().unwrap().parsed();
    let names: Vec<_> = tls.subject_alternative_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["DNS:peer0.org1.example.com", "IP:127.0.0.1"]);
    let usages: Vec<_> = tls.extended_key_usages().iter().map(ToString::to_string).collect();
    assert_eq!(usages, ["server authentication", "client authentication"]);
    assert_eq!(tls.attributes(), None);
    let unknown = enroll(json!({ "profile": "x" })).err().unwrap();
    assert_eq!(refusal(&unknown).2, "Certificate signing failure: unknown profile 'x'");
}

#[test]
fn what_is_wrong_with_a_call_is_said_as_by_fabric_ca() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    let (_, csr) = request("admin");
    let csr = body(&csr, json!({}));
    let call = |uri: &str, authorization: Option<&str>, body: &str| {
        refusal(&network.call("POST", uri, authorization, body))
    };
    let (right, wrong) = (basic("admin", "adminpw"), basic("admin", "x"));
    assert_eq!(call("/enroll", None, &csr), (401, 2, "No authorization header".to_owned()));
    assert_eq!(call("/register", None, "{}"), (401, 2, "No authorization header".to_owned()));
    assert_eq!(call("/enroll", Some(&wrong), &csr), unauthenticated());
    assert_eq!(call("/enroll", Some(&basic("nobody", "adminpw")), &csr), unauthenticated());
    assert_eq!(call("/register", Some(&right), "{}"), unauthenticated());
    let unknown = |name: &str| (404, 19, format!("CA '{name}' does not exist"));
    assert_eq!(call("/enroll?ca=nope", Some(&right), &csr), unknown("nope"));
    assert_eq!(call("/enroll", Some(&right), &csr.replace("ca-org1", "nope")), unknown("nope"));
    assert_eq!(call("/enroll", Some(&right), "{}").0, 400);
    let text = "CSR Decode failed".to_owned();
    assert_eq!(call("/enroll", Some(&right), r#"{"certificate_request":"x"}"#), (400, 31, text));
    let (_, other) = request("other");
    let text = "The CSR subject common name must equal the enrollment ID".to_owned();
    assert_eq!(call("/enroll", Some(&right), &body(&other, json!({}))), (403, 77, text));
    assert_eq!(call("/api/v1/affiliations", None, "").0, 404);
    let method = refusal(&network.call("GET", "/enroll", None, ""));
    assert_eq!(method, (405, 1, "Method GET is not allowed".to_owned()));

    network.register(&admin, &app_user());
    let twice = refusal(&network.signed(&admin, "/register", &app_user()));
    assert_eq!(twice, (409, 74, "Identity 'appUser1' is already registered".to_owned()));
    let unknown = json!({ "id": "a", "affiliation": "org9" });
    assert_eq!(refusal(&network.signed(&admin, "/register", &unknown)), unauthorized());
    let right = json!({ "id": "a", "attrs": [{ "name": "hf.Type", "value": "admin" }] });
    assert_eq!(refusal(&network.signed(&admin, "/register", &right)), unauthorized());
}

#[test]
fn a_token_is_for_one_call() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    let body = app_user().to_string();
    let token = admin.token("POST", "/register", &body);
    for (uri, body) in [("/api/v1/register", body.clone()), ("/register", body.replace("true", "yes "))] {
        assert_eq!(refusal(&network.call("POST", uri, Some(&token), &body)), unauthenticated(), "{uri}");
    }
    // The organization accepts the certificate of this user, but the CA has not recorded it.
    let unknown = network.unknown_user();
    network.organization().msp().identify(unknown.signer().certificate().clone()).unwrap();
    assert_eq!(refusal(&network.signed(&unknown, "/register", &app_user())), unauthenticated());
    // An expired certificate.
    let later = SystemTime::now() + Duration::from_hours(366 * 24);
    let call = Call { method: "POST", uri: "/register", authorization: Some(&token), body: body.as_bytes() };
    assert_eq!(refusal(&network.ca.answer(&call, later)), unauthenticated());
    assert_eq!(network.call("POST", "/register", Some(&token), &body).status, 201);
}

#[test]
fn rights_are_those_of_the_registrar() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    let plain = network.register(&admin, &json!({ "id": "plain", "affiliation": "org1" }));
    let plain = network.enroll("plain", &plain).ok().unwrap();
    assert_eq!(refusal(&network.signed(&plain, "/register", &json!({ "id": "a" }))), unauthorized());
    assert_eq!(refusal(&network.signed(&plain, "/revoke", &json!({ "id": "admin" }))), unauthorized());

    let registrar = json!({
        "id": "registrar", "affiliation": "org1", "attrs": [
            { "name": "hf.Registrar.Roles", "value": "client,user" },
            { "name": "hf.Registrar.Attributes", "value": "abac.*" },
            { "name": "hf.Revoker", "value": "true" },
        ],
    });
    let registrar = network.register(&admin, &registrar);
    let registrar = network.enroll("registrar", &registrar).ok().unwrap();
    let register = |body| network.signed(&registrar, "/register", &body).status;
    assert_eq!(register(json!({ "id": "a", "attrs": [{ "name": "abac.x", "value": "1" }] })), 201);
    assert_eq!(register(json!({ "id": "b", "affiliation": "org1.department1", "type": "user" })), 201);
    assert_eq!(register(json!({ "id": "c", "type": "peer" })), 403);
    assert_eq!(register(json!({ "id": "c", "affiliation": "org2" })), 403);
    assert_eq!(register(json!({ "id": "c", "attrs": [{ "name": "other", "value": "1" }] })), 403);
    assert_eq!(register(json!({ "id": "c", "attrs": [{ "name": "hf.GenCRL", "value": "true" }] })), 403);
    let twice = json!([{ "name": "abac.x", "value": "1" }, { "name": "abac.x", "value": "2" }]);
    let twice = network.signed(&registrar, "/register", &json!({ "id": "c", "attrs": twice }));
    let text = "Invalid request body: attribute abac.x occurs twice".to_owned();
    assert_eq!(refusal(&twice), (400, 5, text));
    assert_eq!(network.signed(&registrar, "/revoke", &json!({ "id": "b" })).status, 200);
    assert_eq!(network.signed(&registrar, "/revoke", &json!({ "id": "admin" })).status, 403);
}

#[test]
fn a_registrar_cannot_pass_on_who_it_is() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    let registrar = json!({
        "id": "registrar", "affiliation": "org1", "attrs": [
            { "name": "hf.Registrar.Roles", "value": "*" },
            { "name": "hf.Registrar.Attributes", "value": "*" },
        ],
    });
    let registrar = network.register(&admin, &registrar);
    let registrar = network.enroll("registrar", &registrar).ok().unwrap();
    for (name, value) in [("hf.EnrollmentID", "registrar"), ("hf.Type", "client"), ("hf.Affiliation", "org1")]
    {
        let body = json!({ "id": "a", "attrs": [{ "name": name, "value": value, "ecert": true }] });
        let refused = refusal(&network.signed(&registrar, "/register", &body));
        assert_eq!(refused, unauthorized(), "{name}");
    }
    let secret = network.register(&registrar, &json!({ "id": "a" }));
    assert_eq!(
        attributes(&network.enroll("a", &secret).ok().unwrap()).as_deref(),
        Some("{\"attrs\":{\"hf.Affiliation\":\"org1\",\"hf.EnrollmentID\":\"a\",\"hf.Type\":\"client\"}}")
    );
}

#[test]
fn a_revoked_identity_can_do_nothing_more() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    let secret = network.register(&admin, &json!({ "id": "user", "secret": "pw" }));
    let first = network.enroll("user", &secret).ok().unwrap();
    let second = network.enroll("user", &secret).ok().unwrap();
    let organization = network.organization();
    let ca = &organization.msp().settings().roots[0];
    let aki = hex::encode(ca.subject_key_identifier().unwrap());
    let aki = aki.trim_start_matches('0');
    let serial = first.parsed().serial_hex();

    let one = json!({ "serial": serial.to_uppercase(), "aki": aki, "reason": "keycompromise" });
    let answer = network.signed(&admin, "/api/v1/revoke", &one);
    let revoked = json!({ "RevokedCerts": [{ "Serial": serial, "AKI": aki }], "CRL": "" });
    assert_eq!((answer.status, result(&answer)), (200, revoked));
    let other = json!({ "serial": second.parsed().serial_hex(), "aki": aki, "id": "admin" });
    let text = format!(
        "Certificate with serial {} and AKI {aki} is not owned by admin",
        second.parsed().serial_hex()
    );
    assert_eq!(refusal(&network.signed(&admin, "/revoke", &other)), (400, 9, text));
    let again = refusal(&network.signed(&admin, "/revoke", &one));
    let text = format!("Certificate with serial {serial} and AKI {aki} was already revoked");
    assert_eq!(again, (404, 66, text));
    assert_eq!(refusal(&first.reenroll(&network, "user").err().unwrap()), unauthenticated());
    let third = second.reenroll(&network, "user").ok().unwrap();

    let lists = refusal(&network.signed(&admin, "/revoke", &json!({ "id": "user", "gencrl": true })));
    assert_eq!((lists.0, lists.1), (400, 41));
    let answer = network.signed(&admin, "/revoke", &json!({ "id": "user" }));
    assert_eq!(result(&answer)["RevokedCerts"].as_array().unwrap().len(), 2);
    assert_eq!(refusal(&third.reenroll(&network, "user").err().unwrap()), unauthenticated());
    assert_eq!(refusal(&network.enroll("user", &secret).err().unwrap()), unauthenticated());
    let unknown = refusal(&network.signed(&admin, "/revoke", &json!({ "id": "x" })));
    assert_eq!(unknown, (404, 10, "Identity x was not found".to_owned()));
    assert_eq!(refusal(&network.signed(&admin, "/revoke", &json!({}))).1, 15);
}

#[test]
fn the_state_survives_a_restart_without_secrets() {
    let mut network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    network.register(&admin, &json!({ "id": "user", "secret": "a secret" }));
    let text = fs::read_to_string(network.state()).unwrap();
    assert!(!text.contains("a secret") && !text.contains("adminpw"), "{text}");
    assert_eq!(fs::metadata(network.state()).unwrap().permissions().mode() & 0o777, 0o600);
    network.restart();
    network.enroll("user", "a secret").ok().unwrap();
    let twice = refusal(&network.signed(&admin, "/register", &json!({ "id": "user" })));
    assert_eq!(twice.0, 409);

    // A state that cannot be saved changes nothing.
    fs::remove_file(network.state()).unwrap();
    fs::create_dir(network.state()).unwrap();
    fs::write(network.state().join("file"), "").unwrap();
    let failed = refusal(&network.signed(&admin, "/register", &json!({ "id": "other" })));
    assert!(failed.2.starts_with("cannot save the state of the CA: "), "{}", failed.2);
    fs::remove_dir_all(network.state()).unwrap();
    network.register(&admin, &json!({ "id": "other" }));
}

#[test]
fn attributes_are_those_that_this_project_writes() {
    let network = Network::new();
    let admin = network.enroll("admin", "adminpw").ok().unwrap();
    network.register(&admin, &json!({ "id": "user", "secret": "pw" }));
    let user = network.enroll("user", "pw").ok().unwrap().parsed();
    let found = Attributes::from_json(user.attributes().unwrap()).unwrap();
    assert_eq!(found.get("hf.EnrollmentID"), Some("user"));
    assert_eq!(found.get("hf.Affiliation"), Some(""));
}
